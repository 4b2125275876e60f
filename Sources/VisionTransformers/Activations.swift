import LinearAlgebra

/// What flows between blocks for one view under way.
struct Activations: Sendable {
  /// The residual stream, `[tokens, dim]`.
  let x: Matrix
  /// `[tokens, 3 · dim]`.
  let qkv: Matrix
  /// Queries and keys turned to their places, `[tokens, 2 · dim]`; `qkv` itself where positions are
  /// not turned.
  let placed: Matrix
  /// The same keys and values again, in the attention's own order.
  let keysAndValues: KeysAndValues
  /// What all heads found, side by side, `[tokens, dim]`.
  let attended: Matrix

  /// What it takes up, nearly: keys and values lie there twice.
  var bytes: Int {
    let turned = placed === qkv ? 0 : placed.count
    return MemoryLayout<Float>.stride
      * (x.count + qkv.count * 5 / 3 + turned + attended.count)
  }

  init(tokens: Int, _ configuration: BlockConfiguration, _ precision: Precision) {
    let dim = configuration.dim
    x = Matrix(rows: tokens, columns: dim)
    qkv = Matrix(rows: tokens, columns: 3 * dim)
    placed = configuration.turnsPositions ? Matrix(rows: tokens, columns: 2 * dim) : qkv
    keysAndValues = KeysAndValues(
      tokens: tokens, heads: configuration.heads, headDim: configuration.headDim, precision)
    attended = Matrix(rows: tokens, columns: dim)
  }
}
