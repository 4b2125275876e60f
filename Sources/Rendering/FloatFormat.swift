package import Tensors
package import LinearAlgebra

/// The number format of written features: unchanged, or rounded to half the size.
package enum FloatFormat: String, Sendable, Hashable, Codable, CaseIterable {
  case float32, float16

  package var element: ElementType {
    switch self {
    case .float32: .float32
    case .float16: .float16
    }
  }

  /// Appends a block's values, little-endian, in row-major order.
  ///
  /// For float16 they are rounded to nearest, ties to even; beyond 65504 they become infinite.
  package func append(_ block: MatrixView, to bytes: inout [UInt8]) {
    switch self {
    case .float32: block.appendFloats(to: &bytes)
    case .float16: RowKernels.current.appendHalves(of: block, to: &bytes)
    }
  }
}
