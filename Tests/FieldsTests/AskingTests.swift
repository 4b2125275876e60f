import Encoders
import Fields
import Imaging
import LinearAlgebra
import Testing

@Suite("Reading a field") struct AskingTests {
  /// A scenario's fields: wide, then narrow, then with each post-processing.
  static func fields(_ seed: Int) throws -> [FeatureField] {
    let wide = try Scenario(seed: seed, dims: [16, 64, 70]).field
    var chance = Chance(state: UInt64(seed))
    let narrow = wide.projected(onto: chance.matrix(1 + seed % 5, wide.dim))
    return [wide, narrow, wide.finished(.l2), narrow.finished(.softmax)]
  }

  @Test(arguments: 0..<30)
  func `FeatureField: a region equals that part of the whole, bit by bit`(seed: Int) throws {
    var chance = Chance(state: UInt64(1000 + seed))
    for field in try AskingTests.fields(seed) {
      let whole = field.materialised()
      let (height, width) = (field.shown.height, field.shown.width)
      for count in 0...2 {
        let (top, left) = (chance.below(height), chance.below(width))
        let rows = top..<top + 1 + chance.below(height - top)
        let columns = left..<left + 1 + chance.below(width - left)
        let region = MutableMatrix(rows: rows.count * columns.count, columns: field.dim)
        let workers = count > 0 ? ThreadPool(count: count) : nil
        defer { workers?.close() }
        field.region(rows: rows, columns: columns, into: region.all, workers: workers)
        let expected = rows.flatMap { y in
          columns.flatMap { whole.row(y * width + $0) }
        }
        #expect(areSame(region.values, expected))
      }
    }
  }

  @Test func `FeatureField: a region of many blocks equals that part of the whole, bit by bit`() {
    let wide = Fixture.field(
      Size(width: 300, height: 150), 14, 9, .bilinear, .patches, 20, Fixture.moore)
    var chance = Chance(state: 3)
    for field in [wide, wide.projected(onto: chance.matrix(2, 20))] {
      let whole = field.materialised()
      let workers = ThreadPool(count: 3)
      defer { workers.close() }
      let region = MutableMatrix(rows: 139 * 290, columns: field.dim)
      field.region(rows: 7..<146, columns: 3..<293, into: region.all, workers: workers)
      let expected = (7..<146).flatMap { whole[rows: $0 * 300 + 3..<$0 * 300 + 293].values }
      #expect(areSame(region.values, expected))
    }
  }

  @Test(arguments: 0..<30)
  func `FeatureField: samples are pixels of the whole in the given order, bit by bit`(seed: Int)
    throws
  {
    var chance = Chance(state: UInt64(2000 + seed))
    for field in try AskingTests.fields(seed) {
      let whole = field.materialised()
      let (height, width) = (field.shown.height, field.shown.width)
      // More points than one block has, and than there are pixels: duplicates are certain.
      let points = (0..<700).map { _ in (x: chance.below(width), y: chance.below(height)) }
      let expected = points.flatMap { whole.row($0.y * width + $0.x) }
      for count in 0...2 {
        let workers = count > 0 ? ThreadPool(count: count) : nil
        defer { workers?.close() }
        let samples = MutableMatrix(rows: points.count, columns: field.dim)
        field.sample(points, into: samples.all, workers: workers)
        #expect(areSame(samples.values, expected))
      }
    }
  }

  @Test func `FeatureField: an empty region and no points give no pixels`() throws {
    let field = try Scenario(seed: 1).field
    let none = MutableMatrix(rows: 0, columns: field.dim)
    field.region(rows: 0..<0, columns: 0..<field.shown.width, into: none.all)
    field.region(rows: 0..<field.shown.height, columns: 2..<2, into: none.all)
    field.sample([], into: none.all)
  }

  @Test(arguments: 0..<30)
  func `FeatureField: narrow and wide vectors are interpolated alike except for rounding`(seed: Int)
    throws
  {
    let wide = try Scenario(seed: seed, dims: [20]).field
    let first = (0..<3 * 20).map { Float($0 % 20 == $0 / 20 ? 1 : 0) }
    let narrow = wide.projected(onto: Matrix(rows: 3, columns: 20, first)).materialised()
    let pixels = wide.materialised()
    for row in 0..<pixels.rows {
      for k in 0..<3 { try #require(abs(narrow[row, k] - pixels[row, k]) <= 3e-6) }
    }
  }

  @Test(arguments: 0..<10)
  func `PostProcess: pixels have length one, or are probabilities`(seed: Int) throws {
    let field = try Scenario(seed: seed, dims: [4, 64]).field
    let (plain, lengths, classes) = (
      field.materialised(), field.finished(.l2).materialised(),
      field.finished(.softmax).materialised()
    )
    for row in 0..<plain.rows {
      let vector = plain.row(row).map(Double.init)
      let length = vector.reduce(0) { $0 + $1 * $1 }.squareRoot()
      let sum = vector.reduce(0) { $0 + exponential($1) }
      for k in vector.indices {
        try #require(abs(Double(lengths[row, k]) - vector[k] / length) <= 1e-6)
        try #require(abs(Double(classes[row, k]) - exponential(vector[k]) / sum) <= 1e-6)
      }
    }
    #expect(areSame(field.finished(.l2).finished(.none).materialised().values, plain.values))
  }

  /// By its power series; the values are small.
  private func exponential(_ x: Double) -> Double {
    var (sum, term) = (1.0, 1.0)
    for n in 1..<60 {
      term *= x / Double(n)
      sum += term
    }
    return sum
  }

  @Test(arguments: 0..<20)
  func `FeatureField: labels are the indices of the largest values, the first of equal ones`(
    seed: Int
  ) throws {
    let field = try Scenario(seed: seed, dims: [1, 3, 64]).field
    var chance = Chance(state: UInt64(seed))
    let w = chance.matrix(4, field.dim).values
    // The last class repeats the first.
    let classes = field.projected(
      onto: Matrix(rows: 5, columns: field.dim, w + w.prefix(field.dim)),
      bias: [0, 0.5, -0.5, 0, 0])
    let pixels = classes.materialised()
    let labels = classes.labels()
    #expect(labels.count == pixels.rows)
    for (row, label) in labels.enumerated() {
      let values = pixels.row(row)
      let largest = values.indices.reduce(0) { values[$1] > values[$0] ? $1 : $0 }
      try #require(Int(label) == largest)
    }
    let workers = ThreadPool(count: 2)
    defer { workers.close() }
    #expect(classes.labels(workers: workers) == labels)
  }
}
