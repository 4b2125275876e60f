package import LinearAlgebra

/// How well images are told that were not learnt from: each is held out once.
package struct CrossValidation: Sendable, Hashable {
  /// The part in which each image is held out.
  package let folds: [Int]
  /// Images of each class, told as each: `[classes][classes]`.
  package let confusion: [[Int]]

  package static let mostFolds = 5

  /// Shares out each class's images evenly, in an order that the seed draws.
  package static func folds(of probe: Probe, seed: UInt64) -> [Int] {
    let parts = max(2, min(mostFolds, probe.sizes.min() ?? 2))
    var folds = [Int](repeating: 0, count: probe.classes.count)
    var next = 0
    for one in probe.order(seed: seed).joined() {
      folds[one] = next % parts
      next += 1
    }
    return folds
  }

  package init(
    of probe: Probe, seed: UInt64 = 0, workers: ThreadPool?,
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws {
    let folds = CrossValidation.folds(of: probe, seed: seed)
    var confusion = [[Int]](
      repeating: [Int](repeating: 0, count: probe.count), count: probe.count)
    for fold in 0...(folds.max() ?? 0) {
      let held = folds.indices.filter { folds[$0] == fold }
      let head = try probe.fit(
        folds.indices.filter { folds[$0] != fold }, workers: workers, shouldStop: shouldStop)
      for (image, found) in zip(held, probe.predict(held, by: head)) {
        confusion[probe.classes[image]][found] += 1
      }
    }
    (self.folds, self.confusion) = (folds, confusion)
  }

  package var images: Int { folds.count }
  package var correct: Int { confusion.indices.reduce(0) { $0 + confusion[$1][$1] } }
  package var accuracy: Double { Double(correct) / Double(images) }

  /// Between which accuracies the truth lies with 95 % confidence.
  ///
  /// Source: Wilson 1927.
  package var interval: ClosedRange<Double> {
    let (n, p, z) = (Double(images), accuracy, 1.959963984540054)
    let centre = (p + z * z / (2 * n)) / (1 + z * z / n)
    let half = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot() / (1 + z * z / n)
    return max(0, centre - half)...min(1, centre + half)
  }
}

extension Probe {
  /// Each class's images in a drawn order.
  func order(seed: UInt64) -> [[Int]] {
    let generator = CounterGenerator(seed: seed)
    return (0..<count).map { one in
      classes.indices.filter { classes[$0] == one }
        .sorted { (generator[UInt64($0)], $0) < (generator[UInt64($1)], $1) }
    }
  }
}
