/// A linear classifier of rows: a vector and a constant for each class.
package struct LinearModel: Sendable, Hashable {
  package enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
    case logistic, lda, ridge

    /// Whether the softmax of its scores are probabilities.
    package var hasProbabilities: Bool { self != .ridge }
  }

  package let kind: Kind
  /// The ids of its classes, ascending.
  package let ids: [UInt8]
  package let dim: Int
  /// `[ids.count, dim]`; of two classes each the negative of the other.
  package let coefficients: [Double]
  package let intercepts: [Double]
  /// A bound on the Euclidean distance of the weights, as scikit-learn has them, to the optimum; 0
  /// for closed forms.
  package let certificate: Double
  /// Passes over the rows that it took.
  package let passes: Int
  package let hasConverged: Bool

  package init(
    kind: Kind, ids: [UInt8], dim: Int, coefficients: [Double], intercepts: [Double],
    certificate: Double = 0, passes: Int = 1, hasConverged: Bool = true
  ) {
    precondition(
      coefficients.count == ids.count * dim && intercepts.count == ids.count,
      "\(coefficients.count) weights for \(ids.count) × \(dim)")
    (self.kind, self.ids, self.dim) = (kind, ids, dim)
    let isBinary = ids.count == 2
    self.coefficients = isBinary ? LinearModel.opposed(coefficients) : coefficients
    self.intercepts = isBinary ? LinearModel.opposed(intercepts) : intercepts
    (self.certificate, self.passes, self.hasConverged) = (certificate, passes, hasConverged)
  }

  /// Half the difference of two classes' numbers, as the negative and as it is: what a file of one
  /// vector gives back.
  private static func opposed(_ both: [Double]) -> [Double] {
    let half = both.count / 2
    let differences = (0..<half).map { 0.5 * (both[half + $0] - both[$0]) }
    return differences.map { -$0 } + differences
  }

  /// The coefficients for classes and features, where they are the same ones.
  func coefficients(of ids: [UInt8], dim: Int) -> Coefficients? {
    guard ids == self.ids, dim == self.dim else { return nil }
    return Coefficients(w: coefficients, b: intercepts)
  }

  /// Weights and constants as scikit-learn has them: of two classes one vector, of the later.
  package var published: (coefficients: [Double], intercepts: [Double]) {
    guard ids.count == 2 else { return (coefficients, intercepts) }
    return (
      (0..<dim).map { coefficients[dim + $0] - coefficients[$0] },
      [intercepts[1] - intercepts[0]]
    )
  }

  /// A model of weights and constants as scikit-learn has them.
  package init(
    kind: Kind, ids: [UInt8], dim: Int, published coefficients: [Double], _ intercepts: [Double],
    certificate: Double = 0, passes: Int = 1, hasConverged: Bool = true
  ) {
    let isBinary = ids.count == 2
    self.init(
      kind: kind, ids: ids, dim: dim,
      coefficients: isBinary
        ? coefficients.map { -0.5 * $0 } + coefficients.map { 0.5 * $0 }
        : coefficients,
      intercepts: isBinary
        ? intercepts.map { -0.5 * $0 } + intercepts.map { 0.5 * $0 }
        : intercepts,
      certificate: certificate, passes: passes, hasConverged: hasConverged)
  }

  /// The model of rows whose first features have not been multiplied by `scales`.
  func scaled(by scales: [Float]) -> LinearModel {
    var coefficients = coefficients
    for k in ids.indices {
      for (column, scale) in scales.enumerated() where scale != 1 {
        coefficients[k * dim + column] *= Double(scale)
      }
    }
    return LinearModel(
      kind: kind, ids: ids, dim: dim, coefficients: coefficients, intercepts: intercepts,
      certificate: certificate, passes: passes, hasConverged: hasConverged)
  }

  /// The model with a constant added to each class's score.
  func shifted(by constants: [Double]) -> LinearModel {
    LinearModel(
      kind: kind, ids: ids, dim: dim, coefficients: coefficients,
      intercepts: zip(intercepts, constants).map { $0 + $1 }, certificate: certificate,
      passes: passes, hasConverged: hasConverged)
  }

  /// The model of wider rows, in which each feature is where `place` says.
  func spread(to width: Int, place: (Int) -> Int) -> LinearModel {
    var wide = [Double](repeating: 0, count: ids.count * width)
    for k in ids.indices {
      for feature in 0..<dim { wide[k * width + place(feature)] = coefficients[k * dim + feature] }
    }
    return LinearModel(
      kind: kind, ids: ids, dim: width, coefficients: wide, intercepts: intercepts,
      certificate: certificate, passes: passes, hasConverged: hasConverged)
  }
}
