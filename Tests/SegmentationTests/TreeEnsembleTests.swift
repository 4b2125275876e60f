import LinearAlgebra
import Segmentation
import Support
import Testing

@Suite("TreeEnsemble") struct TreeEnsembleTests {
  @Test func `TreeEnsemble: probabilities equal scikit-learn's of the same trees`() throws {
    let fixture = try Fixture("Classifiers/forest.safetensors")
    let shape = try fixture.shape("rows")
    func integers(_ name: String) throws -> [Int32] {
      try fixture.integers(name).map { Int32($0) }
    }
    let forest = try TreeEnsemble(
      ids: [1, 2, 3], dim: shape[1], roots: integers("roots"), features: integers("features"),
      thresholds: fixture.doubles("thresholds"), left: integers("left"), right: integers("right"),
      values: fixture.doubles("shares"))
    let rows = Matrix(rows: shape[0], columns: shape[1], try fixture.floats("rows"))
    let found = forest.probabilities(of: rows)
    for (a, b) in zip(found, try fixture.doubles("probabilities")) {
      try #require(abs(a - b) <= 1e-12)
    }
    let workers = ThreadPool(count: 3)
    defer { workers.close() }
    #expect(forest.probabilities(of: rows, workers: workers) == found)
  }

  @Test func `ForestTraining: it is the same with any threads, and learns its rows`() throws {
    let scene = Scene(seed: 7, classes: 3)
    let set = try scene.set(.classical(.scales42))
    var options = ForestTraining()
    options.trees = 30
    let alone = try options.fit(set)
    let workers = ThreadPool(count: 3)
    defer { workers.close() }
    #expect(try options.fit(set, workers: workers) == alone)
    let found = alone.probabilities(of: set.features)
    let right = (0..<set.count).count { row in
      let own = (0..<3).map { found[row * 3 + $0] }
      return own.firstIndex(of: own.max() ?? 0) == Int(set.classes[row])
    }
    #expect(Double(right) > 0.97 * Double(set.count), "\(right) of \(set.count)")
    #expect(throws: CancellationError.self) { try options.fit(set, shouldStop: { true }) }
  }

  @Test func `TreeEnsemble: nodes that lead astray are refused`() {
    func forest(left: Int32, feature: Int32 = 0, share: Double = 1) throws -> TreeEnsemble {
      try TreeEnsemble(
        ids: [1, 2], dim: 1, roots: [0], features: [feature, -1, -1], thresholds: [0, 0, 0],
        left: [left, 0, 0], right: [2, 0, 0], values: [0.5, 0.5, share, 0, 0, 1])
    }
    #expect(throws: Never.self) { try forest(left: 1) }
    for left in [Int32(0), 3, -1] {
      #expect(throws: SegmentationError.self) { try forest(left: left) }
    }
    // Both sides of a node in one: trees would grow without end.
    #expect(throws: SegmentationError.self) { try forest(left: 2) }
    #expect(throws: SegmentationError.self) { try forest(left: 1, feature: 1) }
    #expect(throws: SegmentationError.self) { try forest(left: 1, share: .nan) }
  }
}
