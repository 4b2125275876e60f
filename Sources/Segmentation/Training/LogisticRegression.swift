package import LinearAlgebra

/// Multinomial logistic regression with a ridge on its weights and none on its constants.
///
/// The minimum is unique but for a constant added to every class's constant; they add up to zero.
/// Source: scikit-learn's `LogisticRegression`, whose C has twice the meaning for two classes, for
/// it has one vector then: softmax(C) is binary(2 C).
package struct LogisticRegression: Sendable, Hashable {
  /// The inverse strength of the ridge, relative to the sum of the rows' weights.
  package var c = 0.1
  /// The largest component of the mean gradient at which a fit ends.
  package var tolerance = 1e-10
  /// Passes over the rows at which a fit ends.
  package var passLimit = 5000

  package init() {}

  /// A fit in little time: to be started from an earlier one.
  package static func preview(c: Double) -> LogisticRegression {
    var options = LogisticRegression()
    (options.c, options.tolerance, options.passLimit) = (c, 1e-4, 60)
    return options
  }

  /// The smallest and the largest C.
  package static let bounds = 1e-8...1e8

  /// Fits a training set, from zero or from an earlier model of the same classes and features.
  ///
  /// A fit from zero depends on the set alone. Stops with `CancellationError` between two passes
  /// where `shouldStop` says so.
  package func fit(
    _ set: TrainingSet, from start: LinearModel? = nil, workers: ThreadPool? = nil,
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws -> LinearModel {
    let count = set.ids.count
    precondition(LogisticRegression.bounds.contains(c), "C = \(c)")
    let total = set.weights.reduce(0, +)
    // Two vectors of two classes are half the binary one, each.
    let share = count == 2 ? c / 2 : c
    let objective = LogisticObjective(
      set.features, classes: set.classes, weights: set.weights, count: count, ridge: 1 / share,
      workers: workers)
    var region = TrustRegion(
      objective, tolerance: tolerance * total, passLimit: passLimit, shouldStop: shouldStop)
    let known = start?.coefficients(of: set.ids, dim: set.features.columns)
    let result = try region.minimise(
      from: known ?? .zeros(classes: count, dim: set.features.columns))
    var point = result.point
    let mean = point.b.reduce(0, +) / Double(count)
    for k in point.b.indices { point.b[k] -= mean }
    let gradient = result.value.gradient.dot(result.value.gradient).squareRoot()
    return LinearModel(
      kind: .logistic, ids: set.ids, dim: set.features.columns, coefficients: point.w,
      intercepts: point.b,
      certificate: (count == 2 ? 2.0.squareRoot() : 1) * share * gradient,
      passes: result.passes, hasConverged: result.hasConverged)
  }
}
