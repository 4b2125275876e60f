import LinearAlgebra

/// The activations between blocks for one view in progress.
struct Activations: Sendable {
  /// The residual stream, `[tokens, dim]`.
  let x: Matrix
  /// Queries, keys and values, `[tokens, 3 · dim]`.
  let qkv: Matrix
  /// Queries and keys rotated by their positions, `[tokens, 2 · dim]`; `qkv` itself without
  /// rotation.
  let placed: Matrix
  /// A copy of the keys and values, in the attention kernel's layout.
  let keysAndValues: KeysAndValues
  /// The attention's output, heads side by side, `[tokens, dim]`.
  let attended: Matrix

  /// Approximate bytes; keys and values are stored twice.
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
