import Analysis
import Encoders
import Fields
import Imaging
import LinearAlgebra
import Segmentation
import Support
import Testing

@Suite("k-means") struct KMeansTests {
  private func unit(_ rows: [[Double]]) -> [[Double]] {
    rows.map { row in
      let length = row.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return length > 0 ? row.map { $0 / length } : row
    }
  }

  /// Pixels spread over the image, different as far as chance goes.
  private func start(_ rows: [[Double]], _ k: Int) -> [[Double]] {
    (0..<k).map { rows[($0 * 2 + 1) * rows.count / (2 * k)] }
  }

  @Test(arguments: 1...24)
  func `KMeans: labels and sums of a field are those of its pixels`(seed: Int) throws {
    let field = try RandomField(seed: seed).field
    let k = [2, 5, 17][seed % 3]
    let mean = field.mean()
    let vectors = PixelVectors(field, centre: mean)
    let rows = field.pixels().map { zip($0, mean.values).map { $0 - Double($1) } }
    let start = start(rows, k)
    let expected = lloyd(rows, from: start)
    let found = try KMeans(clusters: k, iterations: 1000, tolerance: 0).pixels(
      [vectors], from: start)
    #expect(areSame(found.images[0].ids, ranked(expected.labels, k)))
    #expect(found.hasConverged && found.iterations == expected.iterations)
    #expect(abs(found.inertia / expected.inertia - 1) < 1e-5)
    let total = rows.reduce(0) { $0 + $1.reduce(0) { $0 + $1 * $1 } }
    #expect(abs(found.squares / total - 1) < 1e-5)
  }

  @Test(arguments: 1...12, [false, true])
  func `KMeans: vectors of length one are those of pixels, centred or not`(
    seed: Int, isCentred: Bool
  ) throws {
    let field = try RandomField(seed: seed).field
    let mean = field.mean()
    let vectors = PixelVectors(field, centre: isCentred ? mean : nil, isUnit: true)
    let rows = unit(
      field.pixels().map { row in
        isCentred ? zip(row, mean.values).map { $0 - Double($1) } : row
      })
    let start = start(rows, 4)
    let expected = lloyd(rows, from: start)
    let found = try KMeans(clusters: 4, iterations: 1000, tolerance: 0).pixels(
      [vectors], from: start)
    #expect(areSame(found.images[0].ids, ranked(expected.labels, 4)))
    #expect(abs(found.inertia / expected.inertia - 1) < 1e-4)
  }

  @Test(arguments: 1...6)
  func `KMeans: several images and channels beside the field are one set of pixels`(
    seed: Int
  ) throws {
    let fields = try (0..<3).map { try RandomField(seed: 7 * seed + $0).field }
    var chance = SeededNumbers(seed: seed)
    let planes = fields.map { field in
      let count = field.shown.width * field.shown.height
      return Matrix(rows: 2, columns: count, chance.floats(2 * count))
    }
    let images = zip(fields, planes).map { PixelVectors($0, planes: $1) }
    let rows = zip(fields, planes).flatMap { field, planes in
      field.pixels().enumerated().map { pixel, row in
        row + (0..<2).map { Double(planes[$0, pixel]) }
      }
    }
    let start = start(rows, 5)
    let expected = lloyd(rows, from: start)
    let found = try KMeans(clusters: 5, iterations: 1000, tolerance: 0).pixels(
      images, from: start)
    #expect(areSame(found.images.flatMap(\.ids), ranked(expected.labels, 5)))
    #expect(found.counts.map { $0.reduce(0, +) } == images.map { $0.size.width * $0.size.height })
  }

  @Test(arguments: 1...6)
  func `KMeans: the result is the same with any number of threads`(seed: Int) throws {
    let field = try RandomField(seed: seed, dim: 40).field
    let k = [3, 8, 20][seed % 3]
    var results: [(ids: [UInt8], centroids: [[Double]], inertia: Double)] = []
    for threads in [1, 2, 4] {
      let workers = ThreadPool(count: threads)
      defer { workers.close() }
      let vectors = PixelVectors(
        field, centre: field.mean(workers: workers), isUnit: seed % 2 == 0, workers: workers)
      let found = try KMeans(clusters: k, seed: 3)([vectors], workers: workers)
      results.append((found.images[0].ids, found.centroids, found.inertia))
    }
    for other in results.dropFirst() {
      #expect(areSame(other.ids, results[0].ids))
      #expect(areSame(other.centroids, results[0].centroids))
      #expect(other.inertia == results[0].inertia)
    }
  }

  @Test func `KMeans: the largest cluster is the first, and its mean the centroid`() throws {
    let field = try RandomField(seed: 4).field
    let found = try KMeans(clusters: 4)([PixelVectors(field)])
    let counts = found.images[0].counts
    #expect(found.counts[0] == (1...4).map { counts[$0] })
    #expect(found.counts[0] == found.counts[0].sorted(by: >))
    let rows = field.pixels()
    for cluster in 1...4 {
      let members = rows.indices.filter { found.images[0].ids[$0] == cluster }
      for column in 0..<field.dim {
        let mean = members.reduce(0) { $0 + rows[$1][column] } / Double(members.count)
        #expect(abs(mean - found.centroids[cluster - 1][column]) < 0.05)
      }
    }
  }

  private func field(_ vectors: [[Float]]) throws -> FeatureField {
    let size = Size(width: 4 * vectors.count, height: 4)
    let canvas = try #require(Canvas(size, fit: .pad, patch: 4))
    return FeatureField(
      canvas: canvas, patch: 4, stride: 4, upsampling: .nearest, alignment: .patches,
      views: [
        (
          .identity, 1,
          FeatureMap(
            grid: Grid(rows: 1, columns: vectors.count),
            vectors: Matrix(rows: vectors.count, columns: 2, vectors.flatMap { $0 }))
        )
      ])
  }

  @Test func `KMeans: pixels that are all equal, or too few different ones, are refused`() throws {
    let equal = PixelVectors(try field([[1, 2], [1, 2], [1, 2]]))
    #expect(throws: AnalysisError.noContrast) { try KMeans(clusters: 2)([equal]) }
    let two = PixelVectors(try field([[1, 2], [3, 2], [1, 2]]))
    #expect(throws: AnalysisError.tooManyClusters(asked: 3, distinct: 2)) {
      try KMeans(clusters: 3)([two])
    }
    #expect(try KMeans(clusters: 2)([two]).counts == [[8, 4].map { 4 * $0 }])
    #expect(try KMeans(clusters: 1)([equal]).counts == [[48]])
  }

  @Test func `KMeans: with a tolerance labels are those of the centroids all the same`() throws {
    for seed in 1...6 {
      let field = try RandomField(seed: seed).field
      let vectors = PixelVectors(field)
      let exact = try KMeans(clusters: 9, tolerance: 0)([vectors])
      let found = try KMeans(clusters: 9, tolerance: 0.005)([vectors])
      #expect(found.hasConverged && found.iterations <= exact.iterations)
      #expect(found.inertia < 1.2 * exact.inertia)
      let nearest = field.pixels().map { row -> UInt8 in
        let distances = found.centroids.map { centroid in
          zip(row, centroid).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
        }
        return UInt8(distances.indices.reduce(0) { distances[$1] < distances[$0] ? $1 : $0 } + 1)
      }
      #expect(areSame(found.images[0].ids, nearest))
    }
  }

  @Test func `KMeans: it ends once it should stop`() throws {
    let vectors = PixelVectors(try RandomField(seed: 2).field)
    #expect(throws: CancellationError.self) {
      try KMeans(clusters: 3).pixels(
        [vectors], from: [[0], [1], [2]].map { Array(repeating: $0[0], count: 6) },
        shouldStop: { true })
    }
  }
}

@Suite("Pixel scores") struct PixelScoresTests {
  @Test(arguments: 1...6, [false, true])
  func `PixelVectors: the largest score is that of a pixel's cluster`(
    seed: Int, isUnit: Bool
  ) throws {
    let field = try RandomField(seed: seed).field
    let count = field.shown.width * field.shown.height
    var chance = SeededNumbers(seed: seed)
    let planes = isUnit ? nil : Matrix(rows: 2, columns: count, chance.floats(2 * count))
    let vectors = PixelVectors(field, isUnit: isUnit, planes: planes)
    let found = try KMeans(clusters: 5, tolerance: 0)([vectors])
    let scores = vectors.scores(found.centroids, temperature: 0.3)
    let different = zip(scores.labels().ids, found.images[0].ids).count { $0 != $1 }
    #expect(different == 0)
  }
}
