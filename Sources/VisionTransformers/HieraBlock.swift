import Checkpoints
import Encoders
import LinearAlgebra

/// A block that may pool its tokens and widen them, `[n, dim] → [n or n / 4, width]`.
///
/// Source: Ryali et al. 2023, §3; facebookresearch/hiera's `HieraBlock`.
struct HieraBlock: Sendable {
  /// A block's parameters, which follow from its place among the stages.
  struct Plan: Sendable, Hashable {
    let stage: Int
    /// Channels of the input.
    let dim: Int
    let configuration: BlockConfiguration
    let pools: Bool
    /// Tokens of a window after pooling; `nil` for all tokens.
    let window: Int?
  }

  let plan: Plan
  private let norm1: Norm
  private let qkv: PackedLayer
  private let attnProj: PackedLayer
  private let norm2: Norm
  private let mlp: FeedForward
  /// The shortcut's own layer where the block widens.
  private let proj: PackedLayer?

  init(_ weights: Weights, _ plan: Plan) throws(CheckpointError) {
    self.plan = plan
    let (dim, width, epsilon) = (plan.dim, plan.configuration.dim, plan.configuration.epsilon)
    norm1 = try Norm(weights["norm1"], dim: dim, epsilon: epsilon)
    qkv = try PackedLayer(weights["attn"]["qkv"], from: dim, to: 3 * width, end: .bias)
    attnProj = try PackedLayer(weights["attn"]["proj"], from: width, to: width, scale: nil)
    norm2 = try Norm(weights["norm2"], dim: width, epsilon: epsilon)
    mlp = try FeedForward(weights["mlp"], plan.configuration)
    proj = dim == width ? nil : try PackedLayer(weights["proj"], from: dim, to: width, end: .bias)
  }

  func callAsFunction(_ x: MutableMatrix, by team: EncoderWorkers) -> MutableMatrix {
    let width = plan.configuration.dim
    let qkv = MutableMatrix(rows: x.rows, columns: 3 * width)
    let shortcut = proj == nil ? x : MutableMatrix(rows: x.rows, columns: width)
    team.forEachBlock(of: x.rows) { rows, scratch in
      let normed = scratch.normed(rows.count, plan.dim)
      norm1(x.view[rows: rows], into: normed)
      self.qkv(normed.view, into: qkv[rows: rows], team.precision, scratch: scratch.product)
      proj?(normed.view, into: shortcut[rows: rows], team.precision, scratch: scratch.product)
    }
    let (y, queries) = pooled(shortcut, qkv.view)
    let attended = MutableMatrix(rows: y.rows, columns: width)
    attend(queries, qkv.view, into: attended, by: team)
    team.forEachBlock(of: y.rows) { rows, scratch in
      let normed = scratch.normed(rows.count, width)
      attnProj(
        attended.view[rows: rows], into: y[rows: rows], team.precision, scratch: scratch.product)
      norm2(y.view[rows: rows], into: normed)
      mlp(normed.view, addingTo: y[rows: rows], team.precision, scratch)
    }
    return y
  }

  /// The maximum over groups of four tokens a quarter of the list apart, of shortcut and queries.
  private func pooled(_ shortcut: MutableMatrix, _ qkv: MatrixView) -> (MutableMatrix, MatrixView) {
    let width = plan.configuration.dim
    let queries = qkv[rows: 0..<qkv.rows, columns: 0..<width]
    guard plan.pools else { return (shortcut, queries) }
    let rows = qkv.rows / 4
    let (y, pooled) = (
      MutableMatrix(rows: rows, columns: width), MutableMatrix(rows: rows, columns: width)
    )
    for (from, to) in [(shortcut.view, y.all), (queries, pooled.all)] {
      to.copy(from[rows: 0..<rows])
      for quarter in 1..<4 { to.raise(to: from[rows: quarter * rows..<(quarter + 1) * rows]) }
    }
    return (y, pooled.view)
  }

  /// Computes the attention of every window and head.
  private func attend(
    _ queries: MatrixView, _ qkv: MatrixView, into result: MutableMatrix, by team: EncoderWorkers
  ) {
    let (width, heads, headDim) = (
      plan.configuration.dim, plan.configuration.heads, plan.configuration.headDim
    )
    let windows = plan.window.map { result.rows / $0 } ?? 1
    let blocks = SoftmaxAttention.queryBlocks(of: result.rows / windows)
    team.forEach(windows * heads) { index, member in
      let (window, columns) = (
        index / heads, index % heads * headDim..<(index % heads + 1) * headDim
      )
      let tokens = qkv.everyRow(windows, from: window)
      let memory = KeysAndValues(
        tokens: tokens.rows, heads: 1, headDim: headDim, team.precision)
      memory.fill(
        0..<tokens.rows, head: 0,
        keys: tokens[columns: width + columns.lowerBound..<width + columns.upperBound],
        values: tokens[columns: 2 * width + columns.lowerBound..<2 * width + columns.upperBound])
      let asking = queries.everyRow(windows, from: window)[columns: columns]
      let found = result.everyRow(windows, from: window)[columns: columns]
      for rows in blocks.ranges {
        team.scratch[member].attention(asking[rows: rows], head: 0, memory, into: found[rows: rows])
      }
    }
  }

  /// Floating-point operations over a number of tokens.
  func operations(tokens: Int) -> Double {
    let (n, d, width) = (Double(tokens), Double(plan.dim), Double(plan.configuration.dim))
    let kept = plan.pools ? n / 4 : n
    let keys = plan.window.map { Double($0) * (plan.pools ? 4 : 1) } ?? n
    let shortcut = proj == nil ? 0 : n * d * width
    let layers = n * d * 3 * width + shortcut + kept * width * width
    let inner = 2 * kept * width * Double(plan.configuration.hidden)
    return 2 * (layers + inner + 2 * kept * keys * width)
  }
}

extension HieraBlock.Plan {
  /// The blocks of all stages.
  ///
  /// A stage's first block widens, and pools where the card says so; its attention is that of the
  /// stage before. Source: facebookresearch/hiera's constructor.
  static func all(
    _ card: ModelCard, _ hierarchy: ModelCard.Hierarchy
  ) -> [HieraBlock.Plan] {
    var plans: [HieraBlock.Plan] = []
    var window = 1 << (2 * (hierarchy.stages.count - 1))
    for (stage, count) in hierarchy.stages.enumerated() {
      for index in 0..<count {
        let isFirst = index == 0 && stage > 0
        let pools = isFirst && stage <= hierarchy.pools
        if pools { window /= 4 }
        let isWindowed = (isFirst ? stage - 1 : stage) < windowedStages
        let configuration = BlockConfiguration(
          dim: card.dim << stage, heads: card.heads << stage, hidden: card.hidden << stage,
          epsilon: card.epsilon)
        plans.append(
          HieraBlock.Plan(
            stage: stage, dim: isFirst ? configuration.dim / 2 : configuration.dim,
            configuration: configuration,
            pools: pools, window: isWindowed ? window : nil))
      }
    }
    return plans
  }

  /// The stages that attend within mask units.
  ///
  /// Source: Ryali et al. 2023, §3.
  private static let windowedStages = 2
}
