import Encoders
import Fields
import Imaging
import LinearAlgebra
import Testing

@Suite("Guided fields") struct GuidedFieldTests {
  /// A grid of any shape, one to three doublings, any weights.
  private func guided(_ seed: Int, dim: Int) -> GuidedMap {
    var chance = Chance(state: UInt64(seed) + 11)
    let grid = Grid(rows: 1 + seed % 5, columns: 1 + (seed / 2) % 4)
    var (fine, steps): (Grid, [GuidedUpsampling.Step]) = (grid, [])
    for _ in 0..<1 + seed % 3 {
      fine = fine.doubled
      let weights = MutableMatrix(
        rows: fine.count, columns: GuidedUpsampling.taps,
        chance.matrix(fine.count, GuidedUpsampling.taps, around: 0.1).values)
      for index in 0..<weights.count where index % 7 == seed % 7 {
        weights[index / GuidedUpsampling.taps, index % GuidedUpsampling.taps] = 0
      }
      steps.append(GuidedUpsampling.Step(grid: fine, weights: weights.frozen()))
    }
    return GuidedMap(
      map: FeatureMap(grid: grid, vectors: chance.matrix(grid.count, dim)),
      upsampling: GuidedUpsampling(of: grid, steps), constant: chance.matrix(1, dim).values)
  }

  /// The field over a canvas whose patches are coarser than the finest cells.
  private func field(_ guided: GuidedMap, patch: Int = 3) throws -> FeatureField {
    let size = Size(
      width: guided.map.grid.columns * patch - 1, height: guided.map.grid.rows * patch - 2)
    let canvas = try #require(Canvas(size, fit: .pad, patch: patch))
    return FeatureField(canvas: canvas, guided: guided)
  }

  /// All pixels in sequence, each from the whole upsampled map: `[height · width][dim]`.
  private func pixels(_ guided: GuidedMap, of shown: Size, on encoded: Size) -> [[Double]] {
    let fine = guided.upsampling(guided.map)
    func place(_ position: Int, _ length: Int, _ cells: Int) -> (Int, Int, Double) {
      let source = max((Double(position) + 0.5) * Double(cells) / Double(length) - 0.5, 0)
      let first = min(Int(source), cells - 1)
      return (first, min(first + 1, cells - 1), source - Double(first))
    }
    return (0..<shown.height * shown.width).map { index in
      let (y0, y1, y) = place(index / shown.width, encoded.height, fine.grid.rows)
      let (x0, x1, x) = place(index % shown.width, encoded.width, fine.grid.columns)
      func cell(_ row: Int, _ column: Int, _ k: Int) -> Double {
        Double(fine.vectors[row * fine.grid.columns + column, k])
      }
      return (0..<fine.dim).map { k in
        let upper = (1 - x) * cell(y0, x0, k) + x * cell(y0, x1, k)
        let lower = (1 - x) * cell(y1, x0, k) + x * cell(y1, x1, k)
        return (1 - y) * upper + y * lower + Double(guided.constant[k])
      }
    }
  }

  /// One step after another, cell by cell, in float64.
  private func doubled(_ map: [Double], _ grid: Grid, _ weights: Matrix) -> [Double] {
    func cubic(_ x: Double) -> Double {
      let (a, x) = (-0.75, abs(x))
      if x <= 1 { return (a + 2) * x * x * x - (a + 3) * x * x + 1 }
      return x < 2 ? a * x * x * x - 5 * a * x * x + 8 * a * x - 4 * a : 0
    }
    let fine = grid.doubled
    let smooth = (0..<fine.count).map { cell in
      let (y, x) = (
        (Double(cell / fine.columns) + 0.5) / 2 - 0.5, (Double(cell % fine.columns) + 0.5) / 2 - 0.5
      )
      var sum = 0.0
      for row in Int(y.rounded(.down)) - 1...Int(y.rounded(.down)) + 2 {
        for column in Int(x.rounded(.down)) - 1...Int(x.rounded(.down)) + 2 {
          let (inside, across) = (
            min(max(row, 0), grid.rows - 1), min(max(column, 0), grid.columns - 1)
          )
          sum +=
            cubic(y - Double(row)) * cubic(x - Double(column))
            * map[inside * grid.columns + across]
        }
      }
      return sum
    }
    func mirror(_ index: Int, _ length: Int) -> Int {
      var index = index
      while index < 0 || index >= length { index = index < 0 ? -index : 2 * (length - 1) - index }
      return index
    }
    return (0..<fine.count).map { cell in
      (0..<49).reduce(0) { sum, tap in
        let row = mirror(cell / fine.columns + tap / 7 - 3, fine.rows)
        let column = mirror(cell % fine.columns + tap % 7 - 3, fine.columns)
        return sum + Double(weights[cell, tap]) * smooth[row * fine.columns + column]
      }
    }
  }

  /// Tolerance: |Δ| ≤ 1e-5 of the largest.
  @Test(arguments: 0..<24)
  func `GuidedTerm: a doubling is bicubic, then a sum of mirrored neighbours`(
    seed: Int
  ) throws {
    var chance = Chance(state: UInt64(seed))
    let grid = Grid(rows: 1 + seed % 4, columns: 1 + seed / 4)
    let map = chance.matrix(grid.count, 1)
    let weights = chance.matrix(grid.doubled.count, GuidedUpsampling.taps)
    let upsampling = GuidedUpsampling(
      of: grid, [GuidedUpsampling.Step(grid: grid.doubled, weights: weights)])
    let wanted = doubled(map.values.map { Double($0) }, grid, weights)
    let found = upsampling(FeatureMap(grid: grid, vectors: map)).vectors.values
    let largest = wanted.map { abs($0) }.max() ?? 0
    for (a, b) in zip(found, wanted) { #expect(abs(Double(a) - b) <= 1e-5 * largest) }
  }

  @Test(arguments: 0..<60) func `GuidedTerm: some cells equal those of the whole, bit by bit`(
    seed: Int
  ) throws {
    var chance = Chance(state: UInt64(seed) + 5)
    let guided = guided(seed, dim: 1 + seed % 18)
    let whole = guided.upsampling(guided.map)
    for _ in 0..<6 {
      let (top, left) = (chance.below(whole.grid.rows), chance.below(whole.grid.columns))
      let rows = top..<top + 1 + chance.below(whole.grid.rows - top)
      let columns = left..<left + 1 + chance.below(whole.grid.columns - left)
      let cells = guided.upsampling.cells(rows: rows, columns: columns, of: guided.map)
      for (index, row) in rows.enumerated() {
        for (place, column) in columns.enumerated() {
          #expect(
            cells.row(index * columns.count + place)
              == whole.vectors.row(row * whole.grid.columns + column))
        }
      }
    }
  }

  /// Tolerance: |Δ| ≤ 1e-4 of the largest.
  @Test(arguments: 0..<40) func `GuidedTerm: pixels are interpolated between the finest cells`(
    seed: Int
  ) throws {
    let guided = guided(seed, dim: 1 + seed % 17)
    let field = try field(guided)
    let encoded = Size(width: guided.map.grid.columns * 3, height: guided.map.grid.rows * 3)
    let wanted = pixels(guided, of: field.shown, on: encoded)
    let found = field.materialised()
    let largest = wanted.joined().map { abs($0) }.max() ?? 0
    for (index, pixel) in wanted.enumerated() {
      for (k, value) in pixel.enumerated() {
        #expect(abs(Double(found[index, k]) - value) <= 1e-4 * max(largest, 1))
      }
    }
  }

  @Test(arguments: 0..<40)
  func `GuidedTerm: a region and a point equal those of the whole, bit by bit`(
    seed: Int
  ) throws {
    var chance = Chance(state: UInt64(seed))
    // Larger than a block, so that blocks meet.
    let field = try field(guided(seed, dim: 3 + 14 * (seed % 2)), patch: 3 + 30 * (seed % 3))
    let (width, height) = (field.shown.width, field.shown.height)
    let whole = field.materialised()
    let (top, left) = (chance.below(height), chance.below(width))
    let rows = top..<top + 1 + chance.below(height - top)
    let columns = left..<left + 1 + chance.below(width - left)
    let region = MutableMatrix(rows: rows.count * columns.count, columns: field.dim)
    field.region(rows: rows, columns: columns, into: region.all)
    for (index, row) in rows.enumerated() {
      for (place, column) in columns.enumerated() {
        let found = index * columns.count + place
        #expect(region.view[rows: found..<found + 1].values == whole.row(row * width + column))
      }
    }
    #expect(field.pixel(x: left, y: top) == whole.row(top * width + left))
  }

  /// Tolerance: |Δ| ≤ 1e-4 of the largest.
  @Test(arguments: 0..<30)
  func `GuidedTerm: linear maps and biases act on the map, though constants change`(
    seed: Int
  ) throws {
    var chance = Chance(state: UInt64(seed) + 3)
    let field = try field(guided(seed, dim: 6))
    let (w, bias) = (chance.matrix(4, 6), chance.matrix(1, 4).values)
    let (plain, found) = (
      field.materialised(), field.projected(onto: w, bias: bias).materialised()
    )
    let largest = plain.values.map { abs($0) }.max() ?? 0
    for index in 0..<plain.rows {
      for k in 0..<4 {
        let wanted = (0..<6).reduce(bias[k]) { $0 + w[k, $1] * plain[index, $1] }
        #expect(abs(found[index, k] - wanted) <= 1e-4 * max(largest, 1))
      }
    }
    let some = field.channels(1..<4).materialised()
    for index in 0..<plain.rows { #expect(some.row(index) == Array(plain.row(index)[1..<4])) }
  }

  @Test(arguments: 0..<20) func `GuidedTerm: mean and components are those of all pixels`(seed: Int)
    throws
  {
    let field = try field(guided(seed, dim: 5))
    guard field.shown.width * field.shown.height > 1 else { return }
    let (mean, values) = covariance(of: field.materialised())
    let basis = try Basis(of: field)
    let expected = try SymmetricEigen(of: values, order: 5).values
    for (a, b) in zip(basis.mean, mean) { #expect(abs(Double(a) - b) <= 1e-4 * max(abs(b), 1)) }
    for (a, b) in zip(basis.eigenvalues, expected) {
      #expect(abs(a - b) <= 1e-4 * expected[0] + 1e-6)
    }
  }

  @Test func `GuidedUpsampling: bytes that overflow are nil`() {
    let grid = Grid(rows: 3, columns: 5)
    #expect(GuidedUpsampling.bytes(of: grid, doublings: 4) == 15 * 340 * 49 * 4)
    #expect(GuidedUpsampling.bytes(of: grid, doublings: 40) == nil)
    let map = guided(2, dim: 1)
    #expect(
      map.upsampling.bytes
        == GuidedUpsampling.bytes(of: map.map.grid, doublings: 3))
  }
}
