import Analysis
import LinearAlgebra
import Support
import Testing

@Suite("Descriptors") struct DescriptorsTests {
  private func error(_ a: [Double], _ b: [some BinaryFloatingPoint]) -> Double {
    zip(a, b).map { ($0 - Double($1)).magnitude }.max() ?? 1
  }

  @Test func `Descriptors: mean and generalised mean equal the reference's`() throws {
    guard let golden = try Fixture.shared("golden/analysis/retrieval.safetensors"),
      let tokens = try CellVectors.golden()?.vectors
    else { return }
    let errors = [
      error(Descriptors.mean(of: tokens), try golden.floats("mean")),
      error(Descriptors.generalisedMean(of: tokens), try golden.doubles("gem3")),
    ]
    // The reference's mean is NumPy's of float32, which is off by 5e-6 itself: 1e-6 holds for the
    // generalised mean alone. Its sums of residuals are rounding, as centroids that are means leave
    // none, and there is no largest value here.
    #expect(FixtureTable.row("retrieval", "mean", errors[0], within: 1e-5))
    #expect(FixtureTable.row("retrieval", "gem3", errors[1], within: 1e-6))
    let sums = (0..<tokens.columns).map { column in
      (0..<tokens.rows).reduce(0.0) { $0 + Double(tokens[$1, column]) }
    }
    #expect(
      error(Descriptors.mean(of: tokens), sums.map { $0 / Double(tokens.rows) }) < 1e-12)
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

  @Test func `DescriptorIndex: the nearest come first, of equal ones the earlier`() {
    let index = DescriptorIndex(
      Matrix(rows: 4, columns: 2, [0, 1, 3, 3, 5, 0, 1, 1]))
    let found = index.nearest(to: [2, 2], most: 3)
    #expect(found.map(\.image) == [1, 3, 0])
    #expect(abs(found[2].cosine - Float(0.5).squareRoot()) < 1e-6)
    #expect(index.nearest(to: [0, 0], most: 9).map(\.cosine) == [0, 0, 0, 0])
  }
}
