/// The keys and values of all heads of one view, in the order in which the attention reads them.
///
/// Filled block of tokens by block, as they come from their product and are still in the cache; of
/// all tokens at once in eight bits, where the mean of all keys and the largest of all values count.
package struct KeysAndValues: Sendable {
  let tokens: Int
  let headDim: Int
  fileprivate let precision: Precision
  fileprivate let kernels: EncoderKernels
  /// One row a head.
  fileprivate let keys: MutableMatrix
  fileprivate let values: MutableMatrix

  package init(
    tokens: Int, heads: Int, headDim: Int, _ precision: Precision = .float32,
    kernels: EncoderKernels = .current
  ) {
    self.tokens = tokens
    self.headDim = headDim
    self.precision = precision
    self.kernels = kernels
    keys = MutableMatrix(rows: heads, columns: kernels.packedKeysSize(tokens, headDim, precision))
    values = MutableMatrix(
      rows: heads, columns: kernels.packedValuesSize(tokens, headDim, precision))
  }

  /// Whether blocks of tokens may be filled one by one.
  package var takesBlocks: Bool { precision != .int8 }

  /// Takes in the keys and values of some tokens of one head, both `[range, head dim]`.
  package func fill(
    _ range: Range<Int>, head: Int, keys: MatrixView, values: MatrixView
  ) {
    precondition(
      keys.rows == range.count && keys.columns == headDim && keys.shape == values.shape
        && range.lowerBound >= 0 && range.upperBound <= tokens
        && (takesBlocks || range == 0..<tokens),
      "\(keys.shape) and \(values.shape) for tokens \(range) of \(tokens)")
    kernels.pack(
      keys, values, precision, at: range.lowerBound, of: tokens,
      into: self.keys[rows: head..<head + 1], self.values[rows: head..<head + 1])
  }
}

/// Scaled dot-product attention in memory that grows with the keys, not with keys × queries.
///
/// Scores are made, exponentiated and multiplied with the values one tile at a time; a running
/// maximum and total per query correct what was summed before. What a query finds does not
/// depend on the block of queries it is in. Source: Dao et al. 2022, alg. 1; the online softmax,
/// Milakov & Gimelshein 2018, alg. 3.
package struct SoftmaxAttention: Sendable {
  /// The queries of one task.
  static let queries = 252

  private let kernels: EncoderKernels
  private let dim: Int
  private let precision: Precision
  private let scratch: MutableMatrix

  /// Memory for one task at a time, heads of `dim` values.
  package init(
    dim: Int, _ precision: Precision = .float32, kernels: EncoderKernels = .current
  ) {
    self.kernels = kernels
    self.dim = dim
    self.precision = precision
    scratch = MutableMatrix(
      rows: 1, columns: kernels.attendScratchSize(SoftmaxAttention.queries, dim, precision))
  }

  /// The blocks into which a number of queries is cut, for so many at a time.
  package static func queryBlocks(of count: Int, sharedBy shares: Int = 1) -> Blocks {
    Blocks(of: count, atMost: queries, sharedBy: shares)
  }

  /// `softmax(q · kᵀ / √dim) · v`, `[n, dim] → [n, dim]`, n up to a block.
  ///
  /// Source: Vaswani et al. 2017, eq. 1.
  package func callAsFunction(
    _ queries: MatrixView, head: Int, _ memory: KeysAndValues, into result: MutableMatrixView
  ) {
    precondition(
      queries.rows <= SoftmaxAttention.queries && queries.columns == dim
        && memory.headDim == dim && memory.precision == precision && result.shape == queries.shape
        && memory.tokens > 0,
      "\(queries.shape) over \(memory.tokens) tokens of \(memory.headDim) into \(result.shape)")
    kernels.attend(
      queries, scale: baseTwoScale(dim), keys: memory.keys.view[rows: head..<head + 1],
      values: memory.values.view[rows: head..<head + 1], precision, tokens: memory.tokens,
      into: result, scratch: scratch)
  }

  /// The same over keys and values that lie as they came, `[m, dim]` both.
  package func callAsFunction(
    _ queries: MatrixView, _ keys: MatrixView, _ values: MatrixView, into result: MutableMatrixView
  ) {
    let memory = KeysAndValues(
      tokens: keys.rows, heads: 1, headDim: dim, precision, kernels: kernels)
    memory.fill(0..<keys.rows, head: 0, keys: keys, values: values)
    self(queries, head: 0, memory, into: result)
  }
}

/// The softmax itself of one query over all keys, `[1, dim], [m, dim] → [1, m]`.
package func attentionWeights(
  of query: MatrixView, over keys: MatrixView, into weights: MutableMatrixView,
  kernels: EncoderKernels = .current
) {
  precondition(query.rows == 1 && weights.rows == 1, "\(query.shape), \(weights.shape)")
  let running = MutableMatrix(rows: 2, columns: 1)
  running[0, 0] = -1e30
  let nothing = MutableMatrix(rows: 1, columns: 1)
  multiply(query, transposed: keys, into: weights, scale: baseTwoScale(query.columns))
  kernels.softmaxStep(weights, running: running, output: nothing.all)
  kernels.softmaxEnd(weights.view, running: running, into: weights)
}

/// log₂ e / √dim: scores in powers of two, which the exponential kernel takes.
private func baseTwoScale(_ dim: Int) -> Float {
  Float(1.4426950408889634 / Double(dim).squareRoot())
}
