/// Scaled dot-product attention in memory that grows with the keys, not with keys × queries.
///
/// Scores are made, exponentiated and multiplied with the values one tile at a time; a running
/// maximum and total per query correct what was summed before. Source: Dao et al. 2022, alg. 1.
package struct SoftmaxAttention: Sendable {
  /// The queries of one task, and the keys of one tile.
  ///
  /// A tile of scores fits the second-level cache.
  static let tile = (queries: 256, keys: 512)

  private let kernels: EncoderKernels
  private let scores: Matrix
  private let output: Matrix
  /// The maximum and the total of each query so far, `[2, queries]`.
  private let running: Matrix

  /// Memory for one task at a time, heads of `dim` values.
  package init(dim: Int, kernels: EncoderKernels = .current) {
    self.kernels = kernels
    scores = Matrix(rows: SoftmaxAttention.tile.queries, columns: SoftmaxAttention.tile.keys)
    output = Matrix(rows: SoftmaxAttention.tile.queries, columns: dim)
    running = Matrix(rows: 2, columns: SoftmaxAttention.tile.queries)
  }

  /// The blocks into which a number of queries is cut: equal to within one, the same for any team.
  package static func queryBlocks(of count: Int) -> Blocks {
    Blocks(of: count, atMost: tile.queries)
  }

  /// `softmax(q · kᵀ / √dim) · v`, `[n, dim], [m, dim], [m, dim] → [n, dim]`, n up to a block.
  ///
  /// Source: Vaswani et al. 2017, eq. 1.
  package func callAsFunction(
    _ queries: MatrixView, _ keys: MatrixView, _ values: MatrixView, into result: MatrixView
  ) {
    let sum = output[rows: 0..<queries.rows]
    sum.fill(0)
    running.all.fill(0)
    running[rows: 0..<1].fill(-1e30)
    for block in Blocks(of: keys.rows, atMost: SoftmaxAttention.tile.keys).ranges {
      let tile = scores[rows: 0..<queries.rows, columns: 0..<block.count]
      multiply(
        queries, transposed: keys[rows: block], into: tile, scale: baseTwoScale(queries.columns))
      kernels.softmaxStep(tile, running: running, output: sum)
      multiply(tile, by: values[rows: block], into: sum, adding: true)
    }
    kernels.softmaxEnd(sum, running: running, into: result)
  }
}

/// The softmax itself of one query over all keys, `[1, dim], [m, dim] → [1, m]`.
package func attentionWeights(
  of query: MatrixView, over keys: MatrixView, into weights: MatrixView,
  kernels: EncoderKernels = .current
) {
  precondition(query.rows == 1 && weights.rows == 1, "\(query.shape), \(weights.shape)")
  let running = Matrix(rows: 2, columns: 1)
  running[0, 0] = -1e30
  let nothing = Matrix(rows: 1, columns: 1)
  multiply(query, transposed: keys, into: weights, scale: baseTwoScale(query.columns))
  kernels.softmaxStep(weights, running: running, output: nothing.all)
  kernels.softmaxEnd(weights, running: running, into: weights)
}

/// log₂ e / √dim: scores in powers of two, which the exponential kernel takes.
private func baseTwoScale(_ dim: Int) -> Float {
  Float(1.4426950408889634 / Double(dim).squareRoot())
}
