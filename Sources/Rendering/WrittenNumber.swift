import Foundation

/// Numbers as tables and axes show them, without exponents.
extension Double {
  /// The number with `digits` significant digits.
  package func written(digits: Int) -> String { written(decimals: digits - 1 - firstPower) }

  /// The number with decimals down to the first digit of `step`.
  func written(decimalsOf step: Double) -> String { written(decimals: -step.firstPower) }

  private func written(decimals: Int) -> String {
    isFinite ? String(format: "%.\(Swift.min(Swift.max(decimals, 0), 9))f", self) : "\(self)"
  }

  /// The power of ten of the first digit.
  private var firstPower: Int {
    self == 0 || !isFinite ? 0 : Int(log10(abs(self)).rounded(.down))
  }
}
