import Checkpoints
import LinearAlgebra

/// Multi-head self-attention added to the residual stream, `[tokens, dim] → [tokens, dim]`.
///
/// Source: Vaswani et al. 2017, §3.2.
struct Attention: Sendable {
  let qkv: PackedLayer
  let proj: PackedLayer
  let heads: Int
  private let dim: Int

  init(_ weights: Weights, _ configuration: BlockConfiguration, scale: Weights?)
    throws(CheckpointError)
  {
    dim = configuration.dim
    heads = configuration.heads
    qkv = PackedLayer(
      try weights["qkv"].tensor("weight", [3 * dim, dim]),
      bias: try weights["qkv"].attentionBias(configuration), end: .bias)
    proj = try PackedLayer(weights["proj"], from: dim, to: dim, scale: scale)
  }

  private var headDim: Int { dim / heads }

  /// Copies the keys and values of some tokens to the attention kernel's memory, if it takes them so.
  func remember(_ rows: Range<Int>, of state: Activations, turnedBy rotation: Rotation?) {
    rotation?.turn(
      state.qkv.view[rows: rows, columns: 0..<2 * dim], rows, into: state.placed[rows: rows])
    guard state.keysAndValues.takesBlocks else { return }
    for head in 0..<heads { remember(rows, head: head, of: state) }
  }

  /// Copies those of all tokens where they are taken at once.
  func rememberAll(of state: Activations, by team: EncoderWorkers) {
    guard !state.keysAndValues.takesBlocks else { return }
    team.forEach(heads) { head, _ in remember(0..<state.qkv.rows, head: head, of: state) }
  }

  private func remember(_ rows: Range<Int>, head: Int, of state: Activations) {
    state.keysAndValues.fill(
      rows, head: head, keys: part(1, of: state.placed, rows, head),
      values: part(2, of: state.qkv, rows, head))
  }

  /// Computes one head's output for some queries, into its columns of `attended`.
  func attend(
    _ queries: Range<Int>, head: Int, _ state: Activations, with attention: SoftmaxAttention
  ) {
    attention(
      part(0, of: state.placed, queries, head), head: head, state.keysAndValues,
      into: state.attended[rows: queries, columns: head * headDim..<(head + 1) * headDim])
  }

  /// Computes the class token's relation to the patches in one head, into columns of `[patches, 5 ·
  /// heads]`.
  ///
  /// These are its softmax weights, its output (the first row of `attended`) times their values,
  /// and the sums of their queries, keys and values, each kind head after head.
  func ofClassToken(_ state: Activations, prefix: Int, head: Int, into result: MutableMatrix) {
    let patches = prefix..<state.qkv.rows
    let weights = MutableMatrix(rows: 1, columns: state.qkv.rows)
    let ones = Matrix.ones(headDim)
    attentionWeights(
      of: part(0, of: state.placed, 0..<1, head),
      over: part(1, of: state.placed, 0..<state.qkv.rows, head), into: weights.all)
    for patch in 0..<patches.count { result[patch, head] = weights[0, prefix + patch] }
    let found = state.attended.view[rows: 0..<1, columns: head * headDim..<(head + 1) * headDim]
    for (kind, (index, vector)) in [(2, found), (0, ones.all), (1, ones.all), (2, ones.all)]
      .enumerated()
    {
      let column = (kind + 1) * heads + head
      multiply(
        part(index, of: state.qkv, patches, head), transposed: vector,
        into: result[rows: 0..<patches.count, columns: column..<column + 1])
    }
  }

  /// Queries (0), keys (1) or values (2) of some tokens in one head, `[rows, head dim]`.
  private func part(
    _ index: Int, of qkv: MutableMatrix, _ rows: Range<Int>, _ head: Int
  ) -> MatrixView {
    let start = index * dim + head * headDim
    return qkv.view[rows: rows, columns: start..<start + headDim]
  }
}

extension Weights {
  /// The bias of queries, keys and values, `[3 · dim]`; zeros without one, and for keys without
  /// one.
  func attentionBias(_ configuration: BlockConfiguration) throws(CheckpointError)
    -> Tensor
  {
    let dim = configuration.dim
    guard configuration.turnsPositions else { return try tensor("bias", [3 * dim]) }
    let stored = try tensor("bias", [3 * dim], orElse: .zeros)
    return Tensor([3 * dim], of: [stored]) { parts in
      parts[0][..<dim] + [Float](repeating: 0, count: dim) + parts[0][(2 * dim)...]
    }
  }
}
