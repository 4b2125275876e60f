import Checkpoints
import LinearAlgebra

/// Multi-head self-attention, `[tokens, dim] → [tokens, dim]`, its last bias left to the residual.
///
/// Source: Vaswani et al. 2017, §3.2.
struct Attention: Sendable {
  let qkv: Linear
  let proj: Linear
  let heads: Int
  private let dim: Int

  init(_ weights: Weights, dim: Int, heads: Int) throws(CheckpointError) {
    self.dim = dim
    self.heads = heads
    qkv = try Linear(weights["qkv"], from: dim, to: 3 * dim)
    proj = try Linear(weights["proj"], from: dim, to: dim)
  }

  private var headDim: Int { dim / heads }

  /// Query, key and value of each token, `[n, dim] → [n, 3 · dim]`, each head after head.
  func project(_ x: MatrixView, into result: MatrixView) {
    qkv(x, into: result)
    EncoderKernels.current.add(qkv.bias, to: result)
  }

  /// What one head finds for some queries, `[tokens, 3 · dim] → [queries, head dim]` of `result`.
  func attend(
    _ queries: Range<Int>, head: Int, qkv: Matrix, into result: Matrix,
    with attention: SoftmaxAttention
  ) {
    let columns = head * headDim..<(head + 1) * headDim
    attention(
      qkv[rows: queries, columns: columns],
      part(1, of: qkv, columns), part(2, of: qkv, columns),
      into: result[rows: queries, columns: columns])
  }

  /// The softmax weights of the class token over the patches, `[patches, heads]`.
  func classWeights(_ qkv: Matrix, prefix: Int) -> Matrix {
    let weights = Matrix(rows: heads, columns: qkv.rows)
    for head in 0..<heads {
      let columns = head * headDim..<(head + 1) * headDim
      attentionWeights(
        of: qkv[rows: 0..<1, columns: columns], over: part(1, of: qkv, columns),
        into: weights[rows: head..<head + 1])
    }
    let result = Matrix(rows: qkv.rows - prefix, columns: heads)
    for patch in 0..<result.rows {
      for head in 0..<heads { result[patch, head] = weights[head, prefix + patch] }
    }
    return result
  }

  /// Queries (0), keys (1) or values (2) of one head, `[tokens, head dim]`.
  private func part(_ index: Int, of qkv: Matrix, _ columns: Range<Int>) -> MatrixView {
    qkv[
      rows: 0..<qkv.rows,
      columns: index * dim + columns.lowerBound..<index * dim + columns.upperBound]
  }
}
