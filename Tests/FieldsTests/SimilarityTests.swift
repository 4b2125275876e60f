import Encoders
import Fields
import Imaging
import LinearAlgebra
import Testing

@Suite("Similarity") struct SimilarityTests {
  @Test(arguments: 0..<20)
  func `Norms: they are the lengths of all pixels' vectors`(seed: Int) throws {
    let field = try Scenario(seed: seed, dims: [1, 3, 64, 70]).field
    let pixels = field.materialised()
    let norms = Norms(of: field)
    #expect(norms.values.count == pixels.rows)
    for (row, norm) in norms.values.enumerated() {
      let length = pixels.row(row).reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      try #require(abs(Double(norm) - length) <= 1e-6 * length)
    }
  }

  @Test(arguments: Upsampling.allCases)
  func `Norms: many blocks give the same bits with any number of threads`(upsampling: Upsampling) {
    let field = Fixture.field(
      Size(width: 300, height: 90), 14, 9, upsampling, .image, 70, Fixture.moore)
    let alone = Norms(of: field).values
    #expect(areSame(alone, RowKernels.current.norms(of: field.materialised().all)))
    for count in 1...3 {
      let workers = ThreadPool(count: count)
      defer { workers.close() }
      #expect(areSame(Norms(of: field, workers: workers).values, alone))
    }
  }

  @Test(arguments: 0..<20)
  func `Similarity: it is the cosine of every pixel and the query`(seed: Int) throws {
    let field = try Scenario(seed: seed, dims: [3, 64]).field
    let pixels = field.materialised()
    let points = [(x: 0, y: 0), (x: field.shown.width - 1, y: field.shown.height / 2)]
    let query = field.mean(of: points)
    for (k, value) in query.enumerated() {
      let sum = points.reduce(0) { $0 + pixels[$1.y * field.shown.width + $1.x, k] }
      #expect(abs(value - sum / 2) <= 1e-6)
    }
    let found = field.similarity(to: query, norms: Norms(of: field))
    for row in 0..<pixels.rows {
      let expected = cosine(pixels.row(row), query)
      try #require(abs(Double(found[0, row]) - expected) <= 2e-6)
      try #require(abs(found[0, row]) <= 1)
    }
    let own = field.similarity(to: field.pixel(x: 0, y: 0), norms: Norms(of: field))
    #expect(own[0, 0] > 0.999999)
  }

  private func cosine(_ a: [Float], _ b: [Float]) -> Double {
    var (ab, aa, bb) = (0.0, 0.0, 0.0)
    for (x, y) in zip(a, b) {
      ab += Double(x) * Double(y)
      aa += Double(x) * Double(x)
      bb += Double(y) * Double(y)
    }
    return ab / (aa * bb).squareRoot()
  }

  @Test func `Similarity: a zero vector has cosine 0`() throws {
    let size = Size(width: 2, height: 1)
    let canvas = try #require(Canvas(size, fit: .crop, patch: 1))
    let map = FeatureMap(
      grid: Grid(rows: 1, columns: 2), vectors: Matrix(rows: 2, columns: 2, [0, 0, 3, 4]))
    let field = FeatureField(
      canvas: canvas, patch: 1, stride: 1, upsampling: .nearest, alignment: .image,
      views: [(.identity, 1, map)])
    let norms = Norms(of: field)
    #expect(norms.values == [0, 5])
    #expect(field.similarity(to: [3, 4], norms: norms).values == [0, 1])
    #expect(field.similarity(to: [0, 0], norms: norms).values == [0, 0])
  }
}
