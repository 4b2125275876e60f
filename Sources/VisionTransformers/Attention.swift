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

  /// How the class token relates to the patches, `[patches, 5 · heads]`: its softmax weights, what
  /// it found (`[1, dim]`, the first row of `found`) times their values, and the sums of their
  /// queries, keys and values, each kind head after head.
  func ofClassToken(_ qkv: Matrix, found: Matrix, prefix: Int) -> Matrix {
    let patches = prefix..<qkv.rows
    let result = Matrix(rows: patches.count, columns: 5 * heads)
    let weights = Matrix(rows: 1, columns: qkv.rows)
    let ones = Matrix(rows: 1, columns: headDim, Array(repeating: 1, count: headDim))
    for head in 0..<heads {
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
