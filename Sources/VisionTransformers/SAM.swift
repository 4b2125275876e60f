package import Checkpoints
package import Features
package import Imaging
package import LinearAlgebra

/// Segment Anything's image encoder: blocks that attend within windows but for a few, and a neck.
///
/// The last block's vectors are the neck's; those of other blocks are as they are left, not normed.
/// Source: Kirillov et al. 2023, appendix A; Li et al. 2022 (ViTDet);
/// facebookresearch/segment-anything.
package struct SAM: Encoder {
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
          weights["blocks"][index], Anatomy(card), trained: side,
          window: windows.global.contains(index) ? nil : windows.side))
    }
    self.blocks = blocks
    neck = try Neck(weights["neck"], from: card.dim, to: windows.neck)
  }

  package func encode(
    _ image: InputPlanes, views: [View], _ pass: Pass, on workers: Workers, progress: WorkProgress
  ) throws -> [Encoding] {
    precondition(blocks.indices.contains(pass.block), "block \(pass.block) of \(blocks.count)")
    precondition(pass.stride == card.patch, "\(pass)")
    let scene = Scene(image, pass, model: self, workers, progress)
    progress.expect(views.count * (pass.block + 1))
    let encodings = Results<Encoding>(count: views.count)
    workers.forEach(views.count) { index, _ in
      encodings[index] = encode(views[index], of: scene)
    }
    return try encodings.all()
  }

  private func encode(_ view: View, of scene: Scene) -> Encoding? {
    guard !scene.team.progress.isCancelled else { return nil }
    let (x, qkv) = (
      Matrix(rows: scene.grid.count, columns: card.dim),
      Matrix(rows: scene.grid.count + 1, columns: 3 * card.dim)
    )
    let reader = patchEmbedding.reader(of: view, in: scene.size, stride: card.patch)
    scene.team.forEachBlock(of: x.rows) { rows, scratch in
      x[rows: rows].copy(scene.places[rows: rows])
      patchEmbedding(
        rows, from: reader, of: scene.planes, into: x[rows: rows], scene.team.precision, scratch)
    }
    for index in 0...scene.pass.block {
      blocks[index](x, qkv, scene.grid, by: scene.team, scene.scratch)
      guard !scene.team.progress.isCancelled else { return nil }
      scene.team.progress.advance()
    }
    let vectors = read(scene, x, qkv)
    return Encoding(
      patches: FeatureMap(grid: scene.grid, vectors: vectors), classToken: mean(of: vectors),
      classAttention: .none(scene.grid))
  }

  /// What a pass asks for after its last block.
  private func read(_ scene: Scene, _ x: Matrix, _ qkv: Matrix) -> Matrix {
    let facets: [Pass.Facet] = [.query, .key, .value]
    guard let facet = facets.firstIndex(of: scene.pass.facet) else {
      return scene.pass.block == card.depth - 1 ? neck(x, scene.grid, by: scene.team) : x
    }
    let vectors = Matrix(rows: x.rows, columns: card.dim)
    vectors.all.copy(
      qkv[rows: 0..<x.rows, columns: facet * card.dim..<(facet + 1) * card.dim])
    return vectors
  }

  package func operations(for grid: Grid, _ pass: Pass) -> Double {
    let layers = Double(2 * grid.count * 3 * card.patch * card.patch * card.dim)
    let isLast = pass.block == card.depth - 1
    return blocks[...pass.block].reduce(
      layers + (isLast ? neck.operations(cells: grid.count) : 0)
    ) { $0 + $1.operations(for: grid) }
  }

  /// Tokens, queries, keys and values, and what the heads found, in bytes.
  package func workingMemory(for grid: Grid, _ pass: Pass) -> Double {
    Double(grid.count) * Double(card.dim) * 5 * 4
  }
}

extension SAM {
  /// What the views of one image share.
  fileprivate struct Scene: Sendable {
    let planes: Matrix
    let size: Size
    let pass: Pass
    let grid: Grid
    /// The positions of the patches, `[grid, dim]`.
    let places: Matrix
    let team: Team
    /// For each worker.
    let scratch: [RelativeAttention.Scratch]

    init(
      _ image: InputPlanes, _ pass: Pass, model: SAM, _ workers: Workers, _ progress: WorkProgress
    ) {
      let card = model.card
      let (grid, window) = (
        Grid(of: image.size, patch: card.patch, stride: card.patch), card.windows?.side ?? 0
      )
      planes = image.planes
      size = image.size
      self.pass = pass
      self.grid = grid
      places = model.positions.patches(grid, of: image.size)
      team = Team(
        workers, for: Anatomy(card), pixels: max(3 * card.patch * card.patch, model.neck.inner),
        pass.precision, progress)
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
      let zeros = Matrix(rows: 1, columns: width)
      first = PackedLayer(
        try weights[0].kernels(from: dim, to: width, side: 1), bias: zeros, end: .bias)
      firstNorm = try Norm(weights[1], dim: width, epsilon: 1e-6)
      second = PackedLayer(
        try weights[2].kernels(from: width, to: width, side: 3), bias: zeros, end: .bias)
      secondNorm = try Norm(weights[3], dim: width, epsilon: 1e-6)
    }

    /// The longest row that a product takes.
    var inner: Int { second.inputs }

    func callAsFunction(_ x: Matrix, _ grid: Grid, by team: Team) -> Matrix {
      let width = first.outputs
      let (map, result) = (
        Matrix(rows: x.rows, columns: width), Matrix(rows: x.rows, columns: width)
      )
      team.forEachBlock(of: x.rows) { rows, scratch in
        first(x[rows: rows], into: map[rows: rows], team.precision, scratch: scratch.product)
        firstNorm(map[rows: rows], into: map[rows: rows])
      }
      team.forEachBlock(of: x.rows) { rows, scratch in
        let windows = scratch.inner(rows.count, second.inputs)
        for (row, cell) in rows.enumerated() {
          windows[rows: row..<row + 1].copyNeighbours(of: cell, in: map, grid)
        }
        second(windows, into: result[rows: rows], team.precision, scratch: scratch.product)
        secondNorm(result[rows: rows], into: result[rows: rows])
      }
      return result
    }

    func operations(cells: Int) -> Double {
      2 * Double(cells) * Double(first.outputs) * Double(first.inputs + second.inputs)
    }
  }
}

extension MatrixView {
  /// The 3 × 3 cells around one, row after row, zeros beyond the edge, `[1, 9 · channels]`.
  fileprivate func copyNeighbours(of cell: Int, in map: Matrix, _ grid: Grid) {
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
