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

  /// Query, key and value of some tokens, `[n, dim] → [n, 3 · dim]`, each head after head.
  func project(
    _ x: MatrixView, _ rows: Range<Int>, into result: Matrix, _ memory: KeysAndValues
  ) {
    qkv(x, into: result[rows: rows])
    EncoderKernels.current.add(qkv.bias, to: result[rows: rows])
    for head in 0..<heads {
      memory.fill(
        rows, head: head, keys: part(1, of: result, rows, head),
        values: part(2, of: result, rows, head))
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

  /// The softmax weights of the class token over the patches, `[patches, heads]`.
  func classWeights(_ qkv: Matrix, prefix: Int) -> Matrix {
    let weights = Matrix(rows: heads, columns: qkv.rows)
    for head in 0..<heads {
      attentionWeights(
        of: part(0, of: qkv, 0..<1, head), over: part(1, of: qkv, 0..<qkv.rows, head),
        into: weights[rows: head..<head + 1])
    }
    let result = Matrix(rows: qkv.rows - prefix, columns: heads)
    for patch in 0..<result.rows {
      for head in 0..<heads { result[patch, head] = weights[head, prefix + patch] }
    }
    return result
  }

  /// Queries (0), keys (1) or values (2) of some tokens in one head, `[rows, head dim]`.
  private func part(
    _ index: Int, of qkv: Matrix, _ rows: Range<Int>, _ head: Int
  ) -> MatrixView {
    let start = index * dim + head * headDim
    return qkv[rows: rows, columns: start..<start + headDim]
  }
}
