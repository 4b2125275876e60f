import Analysis
import LinearAlgebra
import Support
import Testing

@Suite("Descriptors") struct DescriptorsTests {
  private func error(_ a: [Double], _ b: [some BinaryFloatingPoint]) -> Double {
    zip(a, b).map { ($0 - Double($1)).magnitude }.max() ?? 1
  }

  @Test func `Descriptors: mean, generalised mean and largest values equal the reference's`() throws
  {
    guard let golden = try Fixture.shared("golden/analysis/retrieval.safetensors"),
      let tokens = try CellVectors.golden()?.vectors
    else { return }
    let errors = [
      error(Descriptors.mean(of: .float32(tokens)), try golden.floats("mean")),
      error(Descriptors.generalisedMean(of: .float32(tokens)), try golden.doubles("gem3")),
    ]
    // The reference's mean is NumPy's of float32, which is off by 5e-6 itself: 1e-6 holds for the
    // others.
    #expect(FixtureTable.row("retrieval", "mean", errors[0], within: 1e-5))
    #expect(FixtureTable.row("retrieval", "gem3", errors[1], within: 1e-6))
    let largest = error(
      Descriptors.largest(of: .float32(tokens)).map { Double($0) }, try golden.floats("max"))
    #expect(FixtureTable.row("retrieval", "max", largest, within: 1e-6))
    let sums = (0..<tokens.columns).map { column in
      (0..<tokens.rows).reduce(0.0) { $0 + Double(tokens[$1, column]) }
    }
    #expect(
      error(Descriptors.mean(of: .float32(tokens)), sums.map { $0 / Double(tokens.rows) }) < 1e-12)
  }

  /// Its centroids are the means of these same cells, so that what is left beside them is rounding, and
  /// the scaled vector that noise made long: no other sum can have it.
  @Test func `Descriptors: the reference's residuals are rounding, as are ours`() throws {
    guard let golden = try Fixture.shared("golden/analysis/retrieval.safetensors"),
      let clusters = try Fixture.shared("golden/analysis/kmeans.safetensors"),
      let tokens = try CellVectors.golden()?.unit.vectors
    else { return }
    let seeds = try clusters.integers("kpp_indices_k8_seed0")
    let found = try WeightedRows(tokens).lloyd(
      from: seeds.map { tokens.row($0).map { Double($0) } }, iterations: 300)
    var sums = [Double](repeating: 0, count: 8 * 384)
    for (row, label) in found.labels.enumerated() {
      for (column, value) in tokens.row(row).enumerated() {
        sums[label * 384 + column] += Double(value) - found.centroids[label][column]
      }
    }
    #expect(
      FixtureTable.row(
        "retrieval", "vlad_raw", error(sums, try golden.floats("vlad_raw")), within: 1e-6))
    func lengths(_ vector: [Double]) -> [Double] {
      (0..<8).map { part in
        vector[part * 384..<(part + 1) * 384].reduce(0) { $0 + $1 * $1 }.squareRoot()
      }
    }
    let ours = lengths(Descriptors.aggregated(tokens, around: found.centroids))
    let away = error(ours, lengths(try golden.numbers("vlad")))
    #expect(FixtureTable.row("retrieval", "vlad, lengths of its parts", away, within: 1e-6))
  }

  @Test func `Descriptors: what vectors have beside their centroids is summed and scaled`() {
    var numbers = CounterGenerator(seed: 1)
    let rows = (0..<30).map { _ in (0..<5).map { _ in Float(numbers.next() - 0.4) } }
    let centroids = (0..<3).map { _ in (0..<5).map { _ in numbers.next() - 0.5 } }
    var sums = [[Double]](repeating: [0, 0, 0, 0, 0], count: 3)
    for row in rows {
      let length = row.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      let unit = row.map { Double($0) / length }
      let distances = centroids.map {
        zip($0, unit).reduce(0) { $0 + ($1.0 - $1.1) * ($1.0 - $1.1) }
      }
      let best = distances.firstIndex(of: distances.min() ?? 0) ?? 0
      for i in 0..<5 { sums[best][i] += unit[i] - centroids[best][i] }
    }
    let scaled = sums.flatMap { part in
      let length = part.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return part.map { $0 / length / 3.0.squareRoot() }
    }
    let found = Descriptors.aggregated(
      Matrix(rows: 30, columns: 5, rows.flatMap { $0 }), around: centroids)
    #expect(error(found, scaled) < 1e-6)
  }

  @Test func `VisualWords: groups of cells are words, and images of the same ones are alike`()
    throws
  {
    var numbers = CounterGenerator(seed: 2)
    /// Cells around some of four directions, each off to the image's own side.
    func image(_ directions: [Int], _ side: Int) -> Matrix {
      let cells = (0..<600).map { place -> [Float] in
        (0..<8).map { column in
          let isOwn = column == directions[place % directions.count]
          return (isOwn ? 1 : 0) + (column == 4 + side ? 0.2 : 0) + Float(numbers.next()) / 50
        }
      }
      return Matrix(rows: 600, columns: 8, cells.flatMap { $0 })
    }
    let images = [image([0, 1, 2, 3], 0), image([0, 1, 2, 3], 0), image([0, 1, 2, 3], 1)]
    let samples = images.map { VisualWords.sample(of: $0, images: 3) }
    #expect(samples.allSatisfy { $0.rows == 600 })
    #expect(VisualWords.sample(of: images[0], images: 1 << 14).rows == 1)
    let pool = ThreadPool(count: 2)
    defer { pool.close() }
    let words = try VisualWords(samples, count: 4, workers: pool)
    for direction in 0..<4 {
      #expect(words.centroids.contains { $0[direction] > 0.9 })
    }
    #expect(try VisualWords(samples, count: 4, workers: nil).centroids == words.centroids)
    let vectors = images.map { words.descriptor(of: $0) }
    let found = DescriptorIndex(
      Matrix(rows: 3, columns: vectors[0].count, vectors.flatMap { $0 })
    ).cosines(with: vectors[0])
    #expect(found[1] > 0.9 && found[2] < 0)
    let same = Matrix(rows: 2, columns: 2, [1, 1, 1, 1])
    let one = try VisualWords([VisualWords.sample(of: same, images: 1)], workers: nil)
    #expect(one.centroids.count == 1 && one.descriptor(of: same).allSatisfy { abs($0) < 1 })
    #expect(throws: CancellationError.self) {
      try VisualWords(samples, workers: nil) { true }
    }
  }

  @Test func `DescriptorIndex: the nearest come first, of equal ones the earlier`() {
    let index = DescriptorIndex(
      Matrix(rows: 4, columns: 2, [0, 1, 3, 3, 5, 0, 1, 1]))
    let found = index.nearest(to: [2, 2], most: 3)
    #expect(found.map(\.image) == [1, 3, 0])
    #expect(abs(found[2].cosine - Float(0.5).squareRoot()) < 1e-6)
    #expect(index.nearest(to: [0, 0], most: 9).map(\.cosine) == [0, 0, 0, 0])
  }
}
