import Checkpoints
import Encoders
import LinearAlgebra

/// A sequence of plain blocks, and the norm after the last.
struct Transformer: Sendable {
  let configuration: BlockConfiguration
  let blocks: [Block]
  let norm: Norm

  /// Reads the blocks under one name and the norm under another.
  init(
    _ weights: Weights, blocks: String = "blocks", count: Int, norm: String = "norm",
    _ configuration: BlockConfiguration
  ) throws(CheckpointError) {
    self.configuration = configuration
    var list: [Block] = []
    for index in 0..<count {
      list.append(try Block(weights[blocks][index], configuration))
    }
    self.blocks = list
    self.norm = try Norm(weights[norm], dim: configuration.dim, epsilon: configuration.epsilon)
  }

  /// Computes the activations through block `last`; `false` when work was cancelled.
  ///
  /// `embed` writes rows of the residual stream, `visit` sees it after each block. The row-wise
  /// work of a block, including the next block's beginning, is one loop: the rows of a task stay in
  /// one worker's cache.
  func callAsFunction(
    _ state: Activations, through last: Int, turnedBy rotation: Rotation? = nil,
    by team: EncoderWorkers,
    visit: (Int) -> Void = { _ in },
    embed: @escaping @Sendable (Range<Int>, EncoderWorkers.Scratch) -> Void
  ) -> Bool {
    team.forEachBlock(of: state.x.rows) { rows, scratch in
      embed(rows, scratch)
      blocks[0].begin(rows, state, rotation, team.precision, scratch)
    }
    for index in 0...last {
      blocks[index].attn.rememberAll(of: state, by: team)
      team.forEachHead(configuration.heads, queries: state.x.rows) { head, queries, scratch in
        blocks[index].attn.attend(queries, head: head, state, with: scratch.attention)
      }
      team.forEachBlock(of: state.x.rows) { rows, scratch in
        blocks[index].end(rows, state, team.precision, scratch)
        if index < last { blocks[index + 1].begin(rows, state, rotation, team.precision, scratch) }
      }
      guard !team.progress.isCancelled else { return false }
      visit(index)
      team.progress.advance()
    }
    return true
  }
}
