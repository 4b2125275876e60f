import Glibc

/// Cheaper functions that some models were trained with in place of GELU.
package enum ApproximateGELU: Sendable, Hashable, CaseIterable {
  /// x / 2 · (1 + tanh(√(2 / π) · (x + 0.044715 x³))).
  case tanh
  /// x · σ(1.702 x).
  case sigmoid

  /// Applies it to every value, in place; products and sums in float64.
  ///
  /// Source: Hendrycks & Gimpel 2016, §2.
  package func callAsFunction(_ x: MutableMatrixView) {
    for row in 0..<x.rows {
      // SAFETY: `columns` values of a row inside the block, which is ours to write.
      let values = unsafe x.base + row * x.stride
      for column in 0..<x.columns {
        unsafe values[column] = Float(self(Double(values[column])))
      }
    }
  }

  private func callAsFunction(_ x: Double) -> Double {
    switch self {
    case .tanh:
      x / 2 * (1 + Glibc.tanh((2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)))
    case .sigmoid: x / (1 + exp(-1.702 * x))
    }
  }
}
