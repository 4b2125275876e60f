import Checkpoints
import Encoders
import Imaging
import LinearAlgebra

/// The position encoding of a transformer.
enum Positions: Sendable {
  /// A table added to the patches' vectors.
  case table(PositionEmbedding)
  /// Rotations of the queries and keys of every block.
  case rotary(RotaryEmbedding)

  /// Uses a table, `[1, places, dim]`, or rotations where there is none.
  init(_ table: Tensor?, _ weights: Weights, _ card: ModelCard) throws(CheckpointError) {
    guard let table else {
      self = .rotary(
        try RotaryEmbedding(weights["rope_embed"], headDim: card.dim / card.heads))
      return
    }
    let (side, prefix) = (card.positionGrid, card.classTokens)
    self = .table(
      PositionEmbedding(
        table: table.matrix(rows: table.shape[1]), prefix: prefix,
        of: Grid(rows: side, columns: side), rule: card.positions))
  }

  /// The table added to the vectors of a grid's patches, `[grid, dim]`.
  func added(to grid: Grid, of size: Size, dim: Int) -> MutableMatrix {
    switch self {
    case .table(let table): table.patches(grid, of: size)
    case .rotary: MutableMatrix(rows: grid.count, columns: dim)
    }
  }

  /// The rotation of the queries and keys of a grid's patches, after `prefix` tokens.
  func rotation(of grid: Grid, prefix: Int) -> Rotation? {
    switch self {
    case .table: nil
    case .rotary(let rotary): rotary.rotation(grid, prefix: prefix)
    }
  }
}
