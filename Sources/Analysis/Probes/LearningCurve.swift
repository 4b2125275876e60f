package import LinearAlgebra

/// How well images are told that were not learnt from, by the number of each class that were.
package struct LearningCurve: Sendable, Hashable {
  package struct Point: Sendable, Hashable {
    /// Images of each class that were learnt from.
    package let images: Int
    /// The accuracy on all others, one for each draw.
    package let accuracies: [Double]

    package var mean: Double { accuracies.reduce(0, +) / Double(accuracies.count) }
    /// The draws' standard deviation; 0 of one.
    package var deviation: Double {
      guard accuracies.count > 1 else { return 0 }
      let squares = accuracies.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      return (squares / Double(accuracies.count - 1)).squareRoot()
    }
  }

  package let points: [Point]

  package static let usualDraws = 10
  private static let steps = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000]

  /// Learns from ever more images, as long as every class has one left.
  package init(
    of probe: Probe, draws: Int = usualDraws, seed: UInt64 = 0, workers: ThreadPool?,
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws {
    let least = probe.sizes.min() ?? 0
    points = try LearningCurve.steps.filter { $0 < least }.map { images in
      let accuracies = try (0..<draws).map { draw in
        let order = probe.order(seed: seed &+ UInt64(draw))
        let learnt = order.flatMap { $0.prefix(images) }.sorted()
        let others = order.flatMap { $0.dropFirst(images) }.sorted()
        let head = try probe.fit(learnt, workers: workers, shouldStop: shouldStop)
        let found = probe.predict(others, by: head)
        return Double(zip(others, found).count { probe.classes[$0] == $1 })
          / Double(others.count)
      }
      return Point(images: images, accuracies: accuracies)
    }
  }
}
