import LinearAlgebra

/// The activations between blocks for one view in progress.
struct Activations: Sendable {
  /// The residual stream, `[tokens, dim]`.
  let x: MutableMatrix
  /// Queries, keys and values, `[tokens, 3 · dim]`.
  let qkv: MutableMatrix
  /// Queries and keys rotated by their positions, `[tokens, 2 · dim]`; `qkv` itself without
  /// rotation.
  let placed: MutableMatrix
  /// A copy of the keys and values, in the attention kernel's layout.
  let keysAndValues: KeysAndValues
  /// The attention's output, heads side by side, `[tokens, dim]`.
  let attended: MutableMatrix

  /// Approximate bytes; keys and values are stored twice.
  var bytes: Int {
    let turned = placed === qkv ? 0 : placed.count
    return MemoryLayout<Float>.stride
      * (x.count + qkv.count * 5 / 3 + turned + attended.count)
  }

  init(tokens: Int, _ configuration: BlockConfiguration, _ precision: Precision) {
    let dim = configuration.dim
    x = MutableMatrix(rows: tokens, columns: dim)
    qkv = MutableMatrix(rows: tokens, columns: 3 * dim)
    placed = configuration.turnsPositions ? MutableMatrix(rows: tokens, columns: 2 * dim) : qkv
    keysAndValues = KeysAndValues(
      tokens: tokens, heads: configuration.heads, headDim: configuration.headDim, precision)
    attended = MutableMatrix(rows: tokens, columns: dim)
  }
}
