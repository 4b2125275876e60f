import Checkpoints
import Encoders
import Imaging
import LinearAlgebra

/// A decoder of the pixels of hidden cells, `[shown, dim] → [grid, 3 · P²]`.
///
/// Source: He et al. 2022, §3.
struct PixelDecoder: Sendable {
  private let card: ModelCard.Decoder
  private let embed: PackedLayer
  /// The mask token, `[1, dim]`.
  private let maskToken: Matrix
  private let positions: PositionEmbedding
  private let transformer: Transformer
  private let pred: PackedLayer
  /// Pixels along a side of a cell.
  let side: Int

  /// Reads a decoder of vectors of `width`; `grid` is that of the position table, after those of
  /// `prefix` tokens.
  init(
    _ weights: Weights, _ card: ModelCard.Decoder, from width: Int, side: Int, prefix: Int,
    grid: Grid, rule: ModelCard.PositionRule, epsilon: Float
  ) throws(CheckpointError) {
    (self.card, self.side) = (card, side)
    let dim = card.dim
    maskToken = try weights.matrix("mask_token", shape: [1, 1, dim], rows: 1)
    let places = prefix + grid.count
    positions = PositionEmbedding(
      table: try weights.matrix("decoder_pos_embed", shape: [1, places, dim], rows: places),
      prefix: prefix, of: grid, rule: rule)
    embed = try PackedLayer(weights["decoder_embed"], from: width, to: dim, end: .bias)
    transformer = try Transformer(
      weights, blocks: "decoder_blocks", count: card.depth, norm: "decoder_norm",
      BlockConfiguration(dim: dim, heads: card.heads, hidden: card.hidden, epsilon: epsilon))
    pred = try PackedLayer(
      weights["decoder_pred"], from: dim, to: 3 * side * side, end: .bias)
  }

  /// The number of transformer blocks.
  var depth: Int { card.depth }

  /// Reconstructs the cells that are not among `shown`; `nil` when work was cancelled.
  ///
  /// `latent` has the prefix's vectors, then those of the shown cells, `[prefix + shown, width]`.
  func callAsFunction(
    _ latent: Matrix, shown: [Int], of image: InputPlanes, on workers: ThreadPool,
    _ progress: WorkProgress
  ) -> Reconstruction? {
    let grid = Grid(of: image.size, patch: side, stride: side)
    let team = EncoderWorkers(
      workers, for: transformer.configuration, pixels: latent.columns, .float32, progress)
    let tokens = tokens(latent, shown, grid, image.size, team)
    let state = Activations(tokens: tokens.rows, transformer.configuration, .float32)
    let isDone = transformer(state, through: card.depth - 1, by: team) { rows, _ in
      state.x[rows: rows].copy(tokens[rows: rows])
    }
    guard isDone else { return nil }
    var hidden = [Bool](repeating: true, count: grid.count)
    for cell in shown { hidden[cell] = false }
    return Reconstruction(
      size: image.size, side: side, cells: grid, hidden: hidden,
      predicted: pixels(of: state, grid, team), target: image.cells(of: side, grid),
      isNormalised: card.normalisedPixels)
  }

  /// The vectors of the shown cells and mask tokens for the rest, with positions added.
  private func tokens(
    _ latent: Matrix, _ shown: [Int], _ grid: Grid, _ size: Size, _ team: EncoderWorkers
  ) -> Matrix {
    let prefix = positions.prefix
    precondition(
      latent.rows == prefix + shown.count, "\(latent.rows) vectors, \(shown.count) cells")
    let embedded = MutableMatrix(rows: latent.rows, columns: card.dim)
    team.forEachBlock(of: latent.rows) { rows, scratch in
      embed(
        latent[rows: rows], into: embedded[rows: rows], team.precision, scratch: scratch.product)
    }
    let tokens = MutableMatrix(rows: prefix + grid.count, columns: card.dim)
    for row in 0..<tokens.rows { tokens[rows: row..<row + 1].copy(maskToken.all) }
    for (index, row) in ((0..<prefix) + shown.map { prefix + $0 }).enumerated() {
      tokens[rows: row..<row + 1].copy(embedded.view[rows: index..<index + 1])
    }
    let places = positions.patches(grid, of: size).frozen()
    for row in 0..<tokens.rows {
      let place = row < prefix ? positions.ofPrefix(row) : places.line(row - prefix)
      EncoderKernels.current.add(place, to: tokens[rows: row..<row + 1])
    }
    return tokens.frozen()
  }

  /// Each cell's pixels, channel by channel, `[grid, 3 · P²]`.
  private func pixels(of state: Activations, _ grid: Grid, _ team: EncoderWorkers) -> Matrix {
    let (prefix, dim) = (positions.prefix, card.dim)
    let given = MutableMatrix(rows: grid.count, columns: pred.outputs)
    team.forEachBlock(of: grid.count) { rows, scratch in
      let normed = scratch.normed(rows.count, dim)
      transformer.norm(
        state.x.view[rows: prefix + rows.lowerBound..<prefix + rows.upperBound], into: normed)
      pred(normed.view, into: given[rows: rows], team.precision, scratch: scratch.product)
    }
    guard card.pixelOrder == .interleaved else { return given.frozen() }
    let planar = MutableMatrix(rows: given.rows, columns: given.columns)
    for place in 0..<side * side {
      for channel in 0..<3 {
        let (from, to) = (place * 3 + channel, channel * side * side + place)
        planar[rows: 0..<given.rows, columns: to..<to + 1].copy(
          given.view[rows: 0..<given.rows, columns: from..<from + 1])
      }
    }
    return planar.frozen()
  }
}

extension InputPlanes {
  /// The pixels of every cell, channel by channel, `[grid, 3 · side²]`.
  fileprivate func cells(of side: Int, _ grid: Grid) -> Matrix {
    let cells = MutableMatrix(rows: grid.count, columns: 3 * side * side)
    PatchReader(
      rowOffsets: (0..<size.height).map { $0 * size.width },
      columnOffsets: Array(0..<size.width), patch: side, stride: side, gridColumns: grid.columns
    ).read(0..<grid.count, of: planes, into: cells.all)
    return cells.frozen()
  }
}
