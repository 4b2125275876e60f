package import Checkpoints
package import Encoders
package import Imaging
package import LinearAlgebra

/// Segment Anything's image encoder: blocks that mostly attend within windows, and a neck.
///
/// The last block's vectors are the neck's; those of other blocks are their output, not normed.
/// Source: Kirillov et al. 2023, appendix A; Li et al. 2022 (ViTDet);
/// facebookresearch/segment-anything.
package struct SAM: CPUModel {
  package let card: ModelCard
  private let positions: PositionEmbedding
  private let patchEmbedding: PatchEmbedding
  private let blocks: [SAMBlock]
  private let neck: Neck

  package init(_ weights: Weights, card: ModelCard) throws(CheckpointError) {
    guard let windows = card.windows else { preconditionFailure("\(card.name) has no windows") }
    self.card = card
    let side = card.positionGrid
    positions = PositionEmbedding(
      table: try weights.matrix(
        "pos_embed", shape: [1, side, side, card.dim], rows: side * side),
      prefix: 0, of: Grid(rows: side, columns: side), rule: card.positions)
    patchEmbedding = try PatchEmbedding(weights["patch_embed"], dim: card.dim, patch: card.patch)
    var blocks: [SAMBlock] = []
    for index in 0..<card.depth {
      blocks.append(
        try SAMBlock(
          weights["blocks"][index], BlockConfiguration(card), trained: side,
          window: windows.global.contains(index) ? nil : windows.side))
    }
    self.blocks = blocks
    neck = try Neck(weights["neck"], from: card.dim, to: windows.neck)
  }

  package func encode(
    _ image: InputPlanes, views: [View], _ options: EncodeOptions, on workers: ThreadPool,
    progress: WorkProgress
  ) throws -> [Encoding] {
    precondition(
      blocks.indices.contains(options.block), "block \(options.block) of \(blocks.count)")
    precondition(options.stride == card.patch, "\(options)")
    let context = EncodeContext(image, options, model: self, workers, progress)
    progress.expect(views.count * (options.block + 1))
    let encodings = Results<Encoding>(count: views.count)
    workers.forEach(views.count) { index, _ in
      encodings[index] = encode(views[index], of: context)
    }
    return try encodings.all()
  }

  private func encode(_ view: View, of context: EncodeContext) -> Encoding? {
    guard !context.team.progress.isCancelled else { return nil }
    let (x, qkv) = (
      MutableMatrix(rows: context.grid.count, columns: card.dim),
      MutableMatrix(rows: context.grid.count + 1, columns: 3 * card.dim)
    )
    let reader = patchEmbedding.reader(of: view, in: context.size, stride: card.patch)
    context.team.forEachBlock(of: x.rows) { rows, scratch in
      x[rows: rows].copy(context.places[rows: rows])
      patchEmbedding(
        rows, from: reader, of: context.planes, into: x[rows: rows], context.team.precision, scratch
      )
    }
    for index in 0...context.options.block {
      blocks[index](x, qkv, context.grid, by: context.team, context.scratch)
      guard !context.team.progress.isCancelled else { return nil }
      context.team.progress.advance()
    }
    let vectors = read(context, x, qkv)
    return Encoding(
      patches: FeatureMap(grid: context.grid, vectors: vectors), classToken: mean(of: vectors.all),
      classAttention: .none(context.grid))
  }

  /// The requested vectors after the last block of a pass.
  private func read(_ context: EncodeContext, _ x: MutableMatrix, _ qkv: MutableMatrix)
    -> Matrix
  {
    let facets: [EncodeOptions.Facet] = [.query, .key, .value]
    guard let facet = facets.firstIndex(of: context.options.facet) else {
      return context.options.block == card.depth - 1
        ? neck(x.view, context.grid, by: context.team) : x.frozen()
    }
    let vectors = MutableMatrix(rows: x.rows, columns: card.dim)
    vectors.all.copy(
      qkv.view[rows: 0..<x.rows, columns: facet * card.dim..<(facet + 1) * card.dim])
    return vectors.frozen()
  }

  package func operations(for grid: Grid, _ options: EncodeOptions) -> Double {
    let layers = Double(2 * grid.count * 3 * card.patch * card.patch * card.dim)
    let isLast = options.block == card.depth - 1
    return blocks[...options.block].reduce(
      layers + (isLast ? neck.operations(cells: grid.count) : 0)
    ) { $0 + $1.operations(for: grid) }
  }

  /// Bytes of tokens, queries, keys and values, and the attention's output.
  package func workingMemory(for grid: Grid, _ options: EncodeOptions) -> Double {
    Double(grid.count) * Double(card.dim) * 5 * 4
  }
}

extension SAM {
  /// The state shared by the views of one image.
  fileprivate struct EncodeContext: Sendable {
    let planes: Matrix
    let size: Size
    let options: EncodeOptions
    let grid: Grid
    /// The positions of the patches, `[grid, dim]`.
    let places: Matrix
    let team: EncoderWorkers
    /// One per worker.
    let scratch: [RelativeAttention.Scratch]

    init(
      _ image: InputPlanes, _ options: EncodeOptions, model: SAM, _ workers: ThreadPool,
      _ progress: WorkProgress
    ) {
      let card = model.card
      let (grid, window) = (
        Grid(of: image.size, patch: card.patch, stride: card.patch), card.windows?.side ?? 0
      )
      planes = image.planes
      size = image.size
      self.options = options
      self.grid = grid
      places = model.positions.patches(grid, of: image.size).frozen()
      team = EncoderWorkers(
        workers, for: BlockConfiguration(card),
        pixels: max(3 * card.patch * card.patch, model.neck.inner),
        options.precision, progress)
      scratch = (0..<workers.count).map { _ in
        RelativeAttention.Scratch(
          keys: max(grid.count, window * window), side: max(grid.rows, grid.columns, window))
      }
    }
  }

  /// Two convolutions over the last block's tokens, each with a norm, `[grid, dim] → [grid, neck]`.
  fileprivate struct Neck: Sendable {
    private let first: PackedLayer
    private let firstNorm: Norm
    private let second: PackedLayer
    private let secondNorm: Norm

    init(_ weights: Weights, from dim: Int, to width: Int) throws(CheckpointError) {
      first = PackedLayer(
        try weights[0].kernels(from: dim, to: width, side: 1), bias: nil, end: .bias)
      firstNorm = try Norm(weights[1], dim: width, epsilon: 1e-6)
      second = PackedLayer(
        try weights[2].kernels(from: width, to: width, side: 3), bias: nil, end: .bias)
      secondNorm = try Norm(weights[3], dim: width, epsilon: 1e-6)
    }

    /// The longest input row of a product.
    var inner: Int { second.inputs }

    func callAsFunction(_ x: MatrixView, _ grid: Grid, by team: EncoderWorkers) -> Matrix {
      let width = first.outputs
      let (map, result) = (
        MutableMatrix(rows: x.rows, columns: width), MutableMatrix(rows: x.rows, columns: width)
      )
      team.forEachBlock(of: x.rows) { rows, scratch in
        first(x[rows: rows], into: map[rows: rows], team.precision, scratch: scratch.product)
        firstNorm(map.view[rows: rows], into: map[rows: rows])
      }
      team.forEachBlock(of: x.rows) { rows, scratch in
        let windows = scratch.inner(rows.count, second.inputs)
        for (row, cell) in rows.enumerated() {
          windows[rows: row..<row + 1].copyNeighbours(of: cell, in: map.view, grid)
        }
        second(windows.view, into: result[rows: rows], team.precision, scratch: scratch.product)
        secondNorm(result.view[rows: rows], into: result[rows: rows])
      }
      return result.frozen()
    }

    func operations(cells: Int) -> Double {
      2 * Double(cells) * Double(first.outputs) * Double(first.inputs + second.inputs)
    }
  }
}

extension MutableMatrixView {
  /// Copies the 3 × 3 cells around one, in row-major order, zeros beyond the edge, `[1, 9 ·
  /// channels]`.
  fileprivate func copyNeighbours(of cell: Int, in map: MatrixView, _ grid: Grid) {
    let (y, x, width) = (cell / grid.columns, cell % grid.columns, map.columns)
    for place in 0..<9 {
      let (row, column) = (y + place / 3 - 1, x + place % 3 - 1)
      let target = self[columns: place * width..<(place + 1) * width]
      if (0..<grid.rows).contains(row), (0..<grid.columns).contains(column) {
        let source = row * grid.columns + column
        target.copy(map[rows: source..<source + 1])
      } else {
        target.fill(0)
      }
    }
  }
}
