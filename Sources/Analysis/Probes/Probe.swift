package import LinearAlgebra
import Segmentation

/// Whole images with their classes, from which a linear classifier is learnt.
///
/// Source: the linear probes of Caron et al. 2021 and Oquab et al. 2023; logistic regression as
/// scikit-learn has it.
package struct Probe: Sendable {
  /// One descriptor for each image, `[images, dim]`.
  package let rows: Matrix
  /// The class of each image, from 0.
  package let classes: [Int]
  /// The number of classes.
  package let count: Int
  /// The inverse strength of the ridge.
  package let c: Double

  /// Most classes and fewest images of each.
  package static let (mostClasses, leastImages) = (254, 2)

  package init(rows: Matrix, classes: [Int], count: Int, c: Double = 1) {
    precondition(
      rows.rows == classes.count && classes.allSatisfy { (0..<count).contains($0) } && count > 1
        && count <= Probe.mostClasses, "\(rows.rows) rows of \(classes.count), \(count) classes")
    (self.rows, self.classes, self.count, self.c) = (rows, classes, count, c)
  }

  /// Images of each class.
  package var sizes: [Int] {
    var sizes = [Int](repeating: 0, count: count)
    for one in classes { sizes[one] += 1 }
    return sizes
  }

  /// A linear head: weights `[classes, dim]` and constants `[classes]`.
  package struct Head: Sendable {
    package let weights: [Double]
    package let constants: [Double]
    /// A bound on the distance of the weights to the optimum.
    package var certificate: Double { model.certificate }
    package var hasConverged: Bool { model.hasConverged }
    fileprivate let model: LinearModel

    /// Weights and constants as scikit-learn has them: of two classes one vector, of the later.
    package var published: (coefficients: [Double], intercepts: [Double]) { model.published }
  }

  /// Fits some of the images; all of them unless given.
  package func fit(
    _ images: [Int]? = nil, workers: ThreadPool?,
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws -> Head {
    let images = images ?? Array(classes.indices)
    let set = TrainingSet(
      rows: gather(images, of: rows), classes: images.map { Int32(classes[$0]) },
      ids: (0..<count).map { UInt8($0 + 1) }, weights: [Double](repeating: 1, count: images.count))
    var regression = LogisticRegression()
    regression.c = c
    let model = try regression.fit(set, workers: workers, shouldStop: shouldStop)
    return Head(weights: model.coefficients, constants: model.intercepts, model: model)
  }

  /// The likeliest class of some images, of equally likely ones the first.
  package func predict(_ images: [Int], by head: Head) -> [Int] {
    let scores = ScoreKernels.current.products(
      gather(images, of: rows).all, by: head.weights, bias: head.constants)
    return images.indices.map { place in
      (0..<count).reduce(0) {
        scores[place * count + $1] > scores[place * count + $0] ? $1 : $0
      }
    }
  }
}
