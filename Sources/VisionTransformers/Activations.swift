import LinearAlgebra

/// What flows between blocks for one view under way.
struct Activations: Sendable {
  /// The residual stream, `[tokens, dim]`.
  let x: Matrix
  /// `[tokens, 3 · dim]`.
  let qkv: Matrix
  /// The same keys and values again, in the attention's own order.
  let keysAndValues: KeysAndValues
  /// What all heads found, side by side, `[tokens, dim]`.
  let attended: Matrix

  /// What it takes up, nearly: keys and values lie there twice.
  var bytes: Int { MemoryLayout<Float>.stride * (x.count + qkv.count * 5 / 3 + attended.count) }

  init(tokens: Int, dim: Int, heads: Int, _ precision: Precision) {
    x = Matrix(rows: tokens, columns: dim)
    qkv = Matrix(rows: tokens, columns: 3 * dim)
    keysAndValues = KeysAndValues(
      tokens: tokens, heads: heads, headDim: dim / heads, precision)
    attended = Matrix(rows: tokens, columns: dim)
  }
}
