/// How much fractions depend on which strokes a classifier was trained on.
///
/// The jackknife's standard error over models that were fitted without a share of the strokes each,
/// √((n − 1) / n · Σ (φᵢ − φ̄)²). Source: Efron 1982, §2.
package struct RefitSpread: Sendable, Hashable {
  private let fractions: [PhaseFractions]

  /// Takes the fractions that each of the models finds in one image.
  package init(of fractions: [PhaseFractions]) { self.fractions = fractions }

  /// The standard error of a class's fraction; `nil` for fewer than two models.
  package subscript(_ id: UInt8) -> Double? {
    guard fractions.count > 1 else { return nil }
    let (values, count) = (fractions.map { $0[id] }, Double(fractions.count))
    let mean = values.reduce(0, +) / count
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return ((count - 1) / count * squares).squareRoot()
  }
}
