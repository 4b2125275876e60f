package import LinearAlgebra

/// The precisions of the names in requests, including `auto`.
package struct PrecisionNames: Sendable {
  /// The precision of requests that name none.
  package let usual: Precision
  private let automatic: @Sendable () -> Precision

  /// Creates the names; `automatic` gives the precision of `auto`, the same on every call.
  package init(
    usual: Precision = .float32,
    automatic: @escaping @Sendable () -> Precision = { .float32 }
  ) {
    (self.usual, self.automatic) = (usual, automatic)
  }

  /// The same with a name for the default; `nil` for an unknown name.
  package init?(usual name: String, automatic: @escaping @Sendable () -> Precision) {
    guard let usual = PrecisionNames(automatic: automatic)[name] else { return nil }
    self.init(usual: usual, automatic: automatic)
  }

  package subscript(name: String) -> Precision? {
    name == "auto" ? automatic() : Precision(rawValue: name)
  }
}
