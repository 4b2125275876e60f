import Checkpoints
import Encoders
import Imaging
import LinearAlgebra

/// A pre-norm block that attends within windows, or to all tokens, `[grid, dim] → [grid, dim]`.
///
/// Source: Li et al. 2022 (ViTDet), §3; facebookresearch/segment-anything's `image_encoder.py`.
struct SAMBlock: Sendable {
  private let configuration: BlockConfiguration
  /// Tokens along a window's side; `nil` for all tokens.
  private let window: Int?
  private let norm1: Norm
  private let qkv: PackedLayer
  private let proj: PackedLayer
  /// Relative positions of rows, `[2 · side − 1, head dim]`.
  private let relPosH: Matrix
  private let relPosW: Matrix
  private let norm2: Norm
  private let mlp: FeedForward

  /// Reads a block; `trained` is the side of the grid for which tables without windows were
  /// trained.
  init(
    _ weights: Weights, _ configuration: BlockConfiguration, trained: Int, window: Int?
  ) throws(CheckpointError) {
    (self.configuration, self.window) = (configuration, window)
    let (dim, attn) = (configuration.dim, weights["attn"])
    norm1 = try Norm(weights["norm1"], dim: dim, epsilon: configuration.epsilon)
    qkv = try PackedLayer(attn["qkv"], from: dim, to: 3 * dim, end: .bias)
    proj = try PackedLayer(attn["proj"], from: dim, to: dim, scale: nil)
    norm2 = try Norm(weights["norm2"], dim: dim, epsilon: configuration.epsilon)
    mlp = try FeedForward(weights["mlp"], configuration, names: ("lin1", "lin2"))
    let distances = 2 * (window ?? trained) - 1
    relPosH = try attn.matrix("rel_pos_h", distances, configuration.headDim)
    relPosW = try attn.matrix("rel_pos_w", distances, configuration.headDim)
  }

  /// Applies the block; `qkv` has one row more than there are tokens, that of the padding token.
  func callAsFunction(
    _ x: MutableMatrix, _ qkv: MutableMatrix, _ grid: Grid, by team: EncoderWorkers,
    _ memory: [RelativeAttention.Scratch]
  ) {
    let attended = MutableMatrix(rows: x.rows, columns: configuration.dim)
    team.forEachBlock(of: x.rows + 1) { rows, scratch in
      let normed = scratch.normed(rows.count, configuration.dim)
      let tokens = rows.clamped(to: 0..<x.rows)
      norm1(x.view[rows: tokens], into: normed[rows: 0..<tokens.count])
      // Windows are padded with zeros after the norm.
      normed[rows: tokens.count..<rows.count].fill(0)
      self.qkv(normed.view, into: qkv[rows: rows], team.precision, scratch: scratch.product)
    }
    if let window {
      attend(qkv.view, in: Windows(of: grid, side: window), into: attended, by: team, memory)
    } else {
      attend(qkv.view, grid, into: attended, by: team, memory)
    }
    team.forEachBlock(of: x.rows) { rows, scratch in
      let normed = scratch.normed(rows.count, configuration.dim)
      proj(attended.view[rows: rows], into: x[rows: rows], team.precision, scratch: scratch.product)
      norm2(x.view[rows: rows], into: normed)
      mlp(normed.view, addingTo: x[rows: rows], team.precision, scratch)
    }
  }

  /// Attention of all tokens to all.
  private func attend(
    _ qkv: MatrixView, _ grid: Grid, into result: MutableMatrix, by team: EncoderWorkers,
    _ memory: [RelativeAttention.Scratch]
  ) {
    let attention = attention(over: grid)
    let blocks = Blocks(of: grid.count, atMost: RelativeAttention.queries)
    let tokens = 0..<grid.count
    team.forEach(configuration.heads * blocks.count) { index, member in
      let (head, rows) = (index / blocks.count, blocks[index % blocks.count])
      attention(
        qkv[rows: rows, columns: columns(0, head)], from: rows.lowerBound,
        qkv[rows: tokens, columns: columns(1, head)], qkv[rows: tokens, columns: columns(2, head)],
        into: result[rows: rows, columns: columns(0, head)], memory[member])
    }
  }

  /// Attention of the tokens of each window to one another and to its padding.
  private func attend(
    _ qkv: MatrixView, in windows: Windows, into result: MutableMatrix, by team: EncoderWorkers,
    _ memory: [RelativeAttention.Scratch]
  ) {
    let side = windows.side
    let attention = attention(over: Grid(rows: side, columns: side))
    let blocks = Blocks(of: side * side, atMost: RelativeAttention.queries)
    team.forEach(windows.count * configuration.heads) { index, member in
      let (window, head) = (index / configuration.heads, index % configuration.heads)
      let tokens = windows.tokens(of: window, beyond: qkv.rows - 1)
      let parts = (0..<3).map { part in
        gather(tokens, of: qkv[rows: 0..<qkv.rows, columns: columns(part, head)])
      }
      let found = MutableMatrix(rows: tokens.count, columns: configuration.headDim)
      for rows in blocks.ranges {
        attention(
          parts[0][rows: rows], from: rows.lowerBound, parts[1].all, parts[2].all,
          into: found[rows: rows], memory[member])
      }
      for (row, token) in tokens.enumerated() where token < result.rows {
        result[rows: token..<token + 1, columns: columns(0, head)].copy(
          found.view[rows: row..<row + 1])
      }
    }
  }

  /// The relative attention over a grid, whose tables are resampled if trained for another.
  ///
  /// Source: `get_rel_pos`, linear.
  private func attention(over grid: Grid) -> RelativeAttention {
    RelativeAttention(
      rows: grid.rows, columns: grid.columns, vertical: relPosH.resampled(to: 2 * grid.rows - 1),
      horizontal: relPosW.resampled(to: 2 * grid.columns - 1))
  }

  private func columns(_ part: Int, _ head: Int) -> Range<Int> {
    let start = part * configuration.dim + head * configuration.headDim
    return start..<start + configuration.headDim
  }

  /// Floating-point operations of the block.
  func operations(for grid: Grid) -> Double {
    let (n, d) = (Double(grid.count), Double(configuration.dim))
    let windows = window.map { Windows(of: grid, side: $0) }
    let pairs = windows.map { Double($0.count) * Double($0.area * $0.area) } ?? n * n
    return 2 * n * d * (4 * d + 2 * Double(configuration.hidden)) + 4 * pairs * d
  }
}

/// A grid divided into square windows, which may extend beyond its right and bottom edge.
private struct Windows {
  let grid: Grid
  let side: Int

  init(of grid: Grid, side: Int) {
    (self.grid, self.side) = (grid, side)
  }

  private var across: Int { (grid.columns + side - 1) / side }
  var count: Int { across * ((grid.rows + side - 1) / side) }
  var area: Int { side * side }

  /// The tokens of a window in row-major order, `outside` for those beyond the grid.
  func tokens(of window: Int, beyond outside: Int) -> [Int] {
    (0..<area).map { place in
      let row = window / across * side + place / side
      let column = window % across * side + place % side
      return row < grid.rows && column < grid.columns ? row * grid.columns + column : outside
    }
  }
}

extension Matrix {
  /// The rows resampled linearly to `length`.
  fileprivate func resampled(to length: Int) -> Matrix {
    guard length != rows else { return self }
    let result = MutableMatrix(rows: length, columns: columns)
    let taps = ModelCard.PositionRule.bilinear.taps(from: rows, to: length)
    multiply(taps.all, by: all, into: result.all)
    return result.frozen()
  }
}
