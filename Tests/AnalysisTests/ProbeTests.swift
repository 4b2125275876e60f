import Analysis
import Imaging
import LinearAlgebra
import Testing

@Suite("Probes") struct ProbeTests {
  /// Rows around a centre for each class, with noise.
  private func probe(_ sizes: [Int], noise: Double, seed: UInt64 = 4) -> Probe {
    var numbers = CounterGenerator(seed: seed)
    var (rows, classes): ([Float], [Int]) = ([], [])
    for (one, size) in sizes.enumerated() {
      for _ in 0..<size {
        for k in 0..<6 {
          rows.append(Float((k == one ? 1 : 0) + noise * (numbers.next() - 0.5)))
        }
        classes.append(one)
      }
    }
    return Probe(
      rows: Matrix(rows: classes.count, columns: 6, rows), classes: classes, count: sizes.count)
  }

  @Test func `CrossValidation: each class's images are shared out evenly`() {
    let probe = probe([11, 7, 20], noise: 0.1)
    let folds = CrossValidation.folds(of: probe, seed: 1)
    #expect(Set(folds) == Set(0..<5))
    for one in 0..<3 {
      let own = probe.classes.indices.filter { probe.classes[$0] == one }
      let counts = (0..<5).map { fold in own.count { folds[$0] == fold } }
      #expect((counts.max() ?? 9) - (counts.min() ?? 0) <= 1)
    }
    #expect(CrossValidation.folds(of: self.probe([2, 9], noise: 0), seed: 0).max() == 1)
  }

  @Test func `CrossValidation: separate classes are told, and alike ones are not`() throws {
    let clear = try CrossValidation(of: probe([12, 12, 12], noise: 0.4), workers: nil)
    #expect(clear.accuracy == 1 && clear.confusion == [[12, 0, 0], [0, 12, 0], [0, 0, 12]])
    #expect(clear.interval.upperBound == 1 && abs(clear.interval.lowerBound - 0.9036) < 1e-3)
    var alike = probe([30, 30], noise: 0.4)
    alike = Probe(rows: alike.rows, classes: (0..<60).map { $0 % 2 }, count: 2)
    #expect(abs(try CrossValidation(of: alike, workers: nil).accuracy - 0.5) < 0.25)
  }

  @Test func `CrossValidation: threads make no difference, and it stops when asked`() throws {
    let probe = probe([9, 9, 9], noise: 3)
    let one = try CrossValidation(of: probe, workers: nil)
    #expect(try CrossValidation(of: probe, workers: ThreadPool(count: 3)) == one)
    #expect(throws: CancellationError.self) {
      try CrossValidation(of: probe, workers: nil) { true }
    }
  }

  @Test func `LearningCurve: more images tell more, as long as one of each class is left`() throws {
    let curve = try LearningCurve(of: probe([25, 25, 25], noise: 3), draws: 4, workers: nil)
    #expect(curve.points.map(\.images) == [1, 2, 5, 10, 20])
    #expect(curve.points.allSatisfy { $0.accuracies.count == 4 })
    #expect(curve.points[4].mean > curve.points[0].mean)
  }

  @Test func `Probe: a head has a vector and a constant for each class`() throws {
    let head = try probe([5, 5, 5], noise: 0.2).fit(workers: nil)
    #expect(head.weights.count == 18 && head.constants.count == 3 && head.hasConverged)
    let two = try probe([5, 5], noise: 0.2).fit(workers: nil)
    #expect(two.weights.count == 12 && two.published.coefficients.count == 6)
  }

  @Test func `Localisation: an image counts where half of the union is common`() {
    func box(_ x: Int, _ y: Int, _ w: Int, _ h: Int) -> PixelRectangle {
      PixelRectangle(x: x, y: y, width: w, height: h)
    }
    #expect(box(0, 0, 4, 4).overlap(with: box(2, 0, 4, 4)) == 8.0 / 24)
    #expect(box(0, 0, 4, 4).overlap(with: box(4, 0, 4, 4)) == 0)
    var found = Localisation()
    #expect(found.corLoc == nil)
    found.add(found: [box(0, 0, 10, 10)], truth: [])
    found.add(found: [box(0, 0, 10, 10)], truth: [box(50, 50, 9, 9), box(0, 0, 10, 5)])
    found.add(found: [box(0, 0, 10, 10)], truth: [box(0, 0, 10, 4)])
    found.add(found: [], truth: [box(0, 0, 10, 4)])
    #expect(found.images.map(\.overlap) == [0.5, 0.4, 0])
    #expect(found.corLoc == 1.0 / 3)
  }
}
