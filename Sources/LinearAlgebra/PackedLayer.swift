import CVectorKernels
import Synchronization

/// A linear layer, its weights in the order in which products read them, `[n, in] → [n, out]`.
///
/// A row's result is the same in whatever block of rows it is computed.
package final class PackedLayer: Sendable {
  /// What becomes of the sum `x · Wᵀ + bias` before it is written.
  package enum End: Sendable {
    /// y ← sum.
    case bias
    /// y ← GELU(sum), the exact kind: t · Φ(t). Source: Hendrycks & Gimpel 2016, §2;
    /// `torch.nn.GELU(approximate="none")`.
    case gelu
    /// y ← SiLU(a) ⊙ b, where (a, b) are the halves of the sum. Source: Shazeer 2020, eq. 6.
    case swiglu
    /// y ← y + scale ⊙ sum, the scale `[1, out]`. Source: Touvron et al. 2021 (CaiT), eq. 3.
    case residual(scale: Matrix)
  }

  package let inputs: Int
  /// Columns of the result.
  package let outputs: Int
  private let end: End
  private let bias: Matrix
  private let kernels: EncoderKernels
  private let packed: Matrix
  /// The same in other precisions, made when they are first asked for.
  private let rounded = Mutex<[Precision: Matrix]>([:])

  /// Packs `weight`, `[out, in]`, and keeps `bias`, `[1, out]`; for `swiglu` both have 2 · out
  /// rows.
  package init(_ weight: Matrix, bias: Matrix, end: End, kernels: EncoderKernels = .current) {
    inputs = weight.columns
    outputs = if case .swiglu = end { weight.rows / 2 } else { weight.rows }
    precondition(
      bias.count == weight.rows && outputs * end.parts == weight.rows,
      "\(bias.count) biases, \(weight.rows) rows")
    if case .residual(let scale) = end {
      precondition(scale.count == outputs, "\(scale.count) scales, \(outputs) columns")
    }
    (self.end, self.bias, self.kernels) = (end, bias, kernels)
    // SAFETY: the description is used while its matrices are held here; so below.
    packed = unsafe kernels.pack(end.layer(inputs, outputs, weights: weight, bias: bias), weight)
  }

  /// The layer over some rows; `scratch` is one of `scratch(rows:inputs:)`'s, for so many or more.
  package func callAsFunction(
    _ x: MatrixView, into y: MutableMatrixView, _ precision: Precision, scratch: MutableMatrix
  ) {
    precondition(
      x.rows == y.rows && x.columns == inputs && y.columns == outputs,
      "\(x.shape) into \(y.shape), a layer [\(inputs), \(outputs)]")
    // SAFETY: as in `init`.
    unsafe kernels.apply(
      end.layer(inputs, outputs, weights: weights(precision), bias: bias), x, into: y, precision,
      scratch: scratch)
  }

  private func weights(_ precision: Precision) -> Matrix {
    guard precision != .float32 else { return packed }
    return rounded.withLock { rounded in
      if let known = rounded[precision] { return known }
      // SAFETY: as in `init`.
      let fresh = unsafe kernels.round(
        end.layer(inputs, outputs, weights: packed, bias: bias), precision)
      rounded[precision] = fresh
      return fresh
    }
  }
}

extension PackedLayer.End {
  /// Products that are combined in one result.
  fileprivate var parts: Int { if case .swiglu = self { 2 } else { 1 } }

  // SAFETY: a description that its maker uses while it holds the matrices.
  fileprivate func layer(
    _ inputs: Int, _ outputs: Int, weights: Matrix, bias: Matrix
  ) -> linear_layer {
    let (kind, scale): (layer_end, Matrix?) =
      switch self {
      case .bias: (END_BIAS, nil)
      case .gelu: (END_GELU, nil)
      case .swiglu: (END_SWIGLU, nil)
      case .residual(let scale): (END_RESIDUAL, scale)
      }
    return unsafe linear_layer(
      end: kind, depth: inputs, columns: outputs, weights: weights.base, bias: bias.base,
      scale: scale?.base)
  }
}

// SAFETY, for all below: the kernels say how many words they write and read for a layer of the
// shape that its description states.
extension EncoderKernels {
  fileprivate func pack(_ layer: linear_layer, _ weight: Matrix) -> Matrix {
    var layer = unsafe layer
    let packed = unsafe MutableMatrix(
      rows: 1, columns: table.pointee.float32.packed_weights_size(&layer))
    unsafe table.pointee.pack_weights(&layer, weight.base, packed.base)
    return packed.frozen()
  }

  fileprivate func round(_ layer: linear_layer, _ precision: Precision) -> Matrix {
    var layer = unsafe layer
    let packed = unsafe MutableMatrix(
      rows: 1, columns: products(precision).packed_weights_size(&layer))
    if precision == .int8 {
      unsafe table.pointee.quantise_weights(&layer, packed.base)
    } else {
      unsafe table.pointee.round_weights(&layer, packed.base)
    }
    return packed.frozen()
  }

  fileprivate func apply(
    _ layer: linear_layer, _ x: MatrixView, into y: MutableMatrixView, _ precision: Precision,
    scratch: MutableMatrix
  ) {
    var layer = unsafe layer
    let products = products(precision)
    let size = products.apply_scratch_size(x.rows, x.columns)
    precondition(scratch.count >= size, "\(scratch.count) words, \(size) are needed")
    unsafe products.apply(
      &layer, x.base, x.stride, x.rows, y.base, y.stride, scratch.base)
  }

  /// Memory for a layer over so many rows of so many values.
  package func scratch(rows: Int, inputs: Int, _ precision: Precision) -> MutableMatrix {
    MutableMatrix(rows: 1, columns: products(precision).apply_scratch_size(rows, inputs))
  }
}
