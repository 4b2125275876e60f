import Checkpoints
import LinearAlgebra

/// Multi-head self-attention, which returns to the residual stream, `[tokens, dim] → [tokens, dim]`.
///
/// Source: Vaswani et al. 2017, §3.2.
struct Attention: Sendable {
  let qkv: PackedLayer
  let proj: PackedLayer
  let heads: Int
  private let dim: Int

  init(
    _ weights: Weights, dim: Int, heads: Int, scale: Matrix
  ) throws(CheckpointError) {
    self.dim = dim
    self.heads = heads
    qkv = try PackedLayer(weights["qkv"], from: dim, to: 3 * dim, end: .bias)
    proj = try PackedLayer(weights["proj"], from: dim, to: dim, end: .residual(scale: scale))
  }

  private var headDim: Int { dim / heads }

  /// Hands the attention's memory the keys and values of some tokens, `[tokens, 3 · dim]`.
  func remember(_ rows: Range<Int>, of qkv: Matrix, in memory: KeysAndValues) {
    for head in 0..<heads {
      memory.fill(
        rows, head: head, keys: part(1, of: qkv, rows, head), values: part(2, of: qkv, rows, head))
    }
  }

  /// What one head finds for some queries, `[tokens, 3 · dim] → [queries, head dim]` of `result`.
  func attend(
    _ queries: Range<Int>, head: Int, qkv: Matrix, _ memory: KeysAndValues, into result: Matrix,
    with attention: SoftmaxAttention
  ) {
    attention(
      part(0, of: qkv, queries, head), head: head, memory,
      into: result[rows: queries, columns: head * headDim..<(head + 1) * headDim])
  }

  /// How the class token relates to the patches in one head, into columns of `[patches, 5 · heads]`:
  /// its softmax weights, what it found (`[1, dim]`, the first row of `found`) times their values,
  /// and the sums of their queries, keys and values, each kind head after head.
  func ofClassToken(_ qkv: Matrix, found: Matrix, prefix: Int, head: Int, into result: Matrix) {
    let patches = prefix..<qkv.rows
    let weights = Matrix(rows: 1, columns: qkv.rows)
    let ones = Matrix(rows: 1, columns: headDim, Array(repeating: 1, count: headDim))
    attentionWeights(
      of: part(0, of: qkv, 0..<1, head), over: part(1, of: qkv, 0..<qkv.rows, head),
      into: weights.all)
    for patch in 0..<patches.count { result[patch, head] = weights[0, prefix + patch] }
    let found = found[rows: 0..<1, columns: head * headDim..<(head + 1) * headDim]
    for (kind, (index, vector)) in [(2, found), (0, ones.all), (1, ones.all), (2, ones.all)]
      .enumerated()
    {
      let column = (kind + 1) * heads + head
      multiply(
        part(index, of: qkv, patches, head), transposed: vector,
        into: result[rows: 0..<patches.count, columns: column..<column + 1])
    }
  }

  /// Queries (0), keys (1) or values (2) of some tokens in one head, `[rows, head dim]`.
  private func part(
    _ index: Int, of qkv: Matrix, _ rows: Range<Int>, _ head: Int
  ) -> MatrixView {
    let start = index * dim + head * headDim
    return qkv[rows: rows, columns: start..<start + headDim]
  }
}
