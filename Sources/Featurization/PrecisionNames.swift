package import LinearAlgebra

/// What the names of precisions stand for, `auto` among them.
package struct PrecisionNames: Sendable {
  /// Of requests that name none.
  package let usual: Precision
  private let automatic: @Sendable () -> Precision

  /// `automatic` finds the precision that `auto` stands for; it always finds the same.
  package init(
    usual: Precision = .float32,
    automatic: @escaping @Sendable () -> Precision = { .float32 }
  ) {
    (self.usual, self.automatic) = (usual, automatic)
  }

  /// The same with a name for the usual one; `nil` for a name of none.
  package init?(usual name: String, automatic: @escaping @Sendable () -> Precision) {
    guard let usual = PrecisionNames(automatic: automatic)[name] else { return nil }
    self.init(usual: usual, automatic: automatic)
  }

  package subscript(name: String) -> Precision? {
    name == "auto" ? automatic() : Precision(rawValue: name)
  }
}
