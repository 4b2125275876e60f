package import Checkpoints
package import Encoders
package import Imaging
package import LinearAlgebra

/// Hiera: a transformer whose grid shrinks from stage to stage, with attention within mask units
/// first.
///
/// Its vectors are a block's output, not normed, in the grid of its stage. Source: Ryali et al.
/// 2023, fig. 2; facebookresearch/hiera.
package struct Hiera: CPUAutoencoder {
  /// Pixels of the kernel's side, and of the zero padding around the image.
  ///
  /// Source: facebookresearch/hiera's constructor.
  private static let (kernel, margin) = (7, 3)

  package let card: ModelCard
  let hierarchy: ModelCard.Hierarchy
  private let positions: PositionEmbedding
  private let patchEmbedding: PatchEmbedding
  let blocks: [HieraBlock]
  /// The norm of the mean token, in files without a decoder.
  private let norm: Norm?
  private let head: ClassHead?
  private let decoder: HieraDecoder?

  /// Reads the weights; `grid` is that of the position table, by default the card's square one.
  package init(
    _ weights: Weights, card: ModelCard, grid: Grid? = nil
  ) throws(CheckpointError) {
    guard let hierarchy = card.hierarchy else { preconditionFailure("\(card.name) has no stages") }
    self.card = card
    self.hierarchy = hierarchy
    let grid = grid ?? Grid(rows: card.positionGrid, columns: card.positionGrid)
    positions = PositionEmbedding(
      table: try weights.matrix(
        "pos_embed", shape: [1, grid.count, card.dim], rows: grid.count),
      prefix: 0, of: grid, rule: card.positions)
    patchEmbedding = try PatchEmbedding(
      weights["patch_embed"], dim: card.dim, patch: Hiera.kernel)
    var blocks: [HieraBlock] = []
    for (index, plan) in HieraBlock.Plan.all(card, hierarchy).enumerated() {
      blocks.append(try HieraBlock(weights["blocks"][index], plan))
    }
    self.blocks = blocks
    let width = card.dim << (hierarchy.stages.count - 1)
    norm =
      card.decoder == nil
      ? try Norm(weights["norm"], dim: width, epsilon: card.epsilon) : nil
    head = try card.head.map { head throws(CheckpointError) in
      try ClassHead(weights, head, dim: width, names: ["head.projection"])
    }
    decoder = try HieraDecoder(weights, card, hierarchy, grid: grid)
  }

  package func encode(
    _ image: InputPlanes, views: [View], _ options: EncodeOptions, on workers: ThreadPool,
    progress: WorkProgress
  ) throws -> [Encoding] {
    precondition(
      blocks.indices.contains(options.block), "block \(options.block) of \(blocks.count)")
    precondition(
      options.facet == .token && options.stride == card.cell(of: options.block), "\(options)")
    let teams = teams(workers, options.precision, progress)
    progress.expect(views.count * (options.block + 1))
    let encodings = Results<Encoding>(count: views.count)
    workers.forEach(views.count) { index, _ in
      let order = UnitOrder(units(of: views[index].size(of: image.size)))
      guard let last = stages(of: image, views[index], order, through: options.block, teams).last
      else { return }
      encodings[index] = read(last, options.block, order)
    }
    return try encodings.all()
  }

  /// Allocates memory for the blocks of each stage.
  private func teams(
    _ workers: ThreadPool, _ precision: Precision, _ progress: WorkProgress
  ) -> [EncoderWorkers] {
    hierarchy.stages.indices.map { stage in
      let configuration =
        blocks.first { $0.plan.stage == stage }?.plan.configuration ?? blocks[0].plan.configuration
      return EncoderWorkers(
        workers, for: configuration, pixels: patchEmbedding.proj.inputs, precision, progress)
    }
  }

  /// The output of each stage up to a block, in unit order; none when work was cancelled.
  private func stages(
    of image: InputPlanes, _ view: View, _ order: UnitOrder, through last: Int,
    _ teams: [EncoderWorkers]
  ) -> [MutableMatrix] {
    guard !teams[0].progress.isCancelled else { return [] }
    var x = embed(image, view, order, by: teams[0])
    var stages: [MutableMatrix] = []
    for index in 0...last {
      let block = blocks[index]
      x = block(x, by: teams[block.plan.stage])
      guard !teams[0].progress.isCancelled else { return [] }
      teams[0].progress.advance()
      if index == last || blocks[index + 1].plan.stage > block.plan.stage { stages.append(x) }
    }
    return stages
  }

  /// Tokens with their positions, in unit order, `[tokens, dim]`.
  private func embed(
    _ image: InputPlanes, _ view: View, _ order: UnitOrder, by team: EncoderWorkers
  ) -> MutableMatrix {
    let size = view.size(of: image.size)
    let halvings = hierarchy.stages.count - 1
    let tokens = positions.patches(order.cells(halvings: halvings), of: size)
    let planes = image.surrounded(view, by: Hiera.margin)
    let reader = patchEmbedding.reader(
      of: .identity, in: size.grown(by: Hiera.margin), stride: card.patch)
    team.forEachBlock(of: tokens.rows) { rows, scratch in
      patchEmbedding(
        rows, from: reader, of: planes, into: tokens[rows: rows], team.precision, scratch)
    }
    let places = order.places(halvings: halvings)
    let ordered = MutableMatrix(rows: places.count, columns: tokens.columns)
    gather(places, of: tokens.view, into: ordered.all)
    return ordered
  }

  /// A block's vectors in row-major order, and the logits of their mean.
  private func read(_ x: MutableMatrix, _ block: Int, _ order: UnitOrder) -> Encoding {
    let halvings = card.halvings(after: block)
    let grid = order.cells(halvings: halvings)
    let vectors = MutableMatrix(rows: grid.count, columns: x.columns)
    for (row, place) in order.places(halvings: halvings).enumerated() {
      vectors[rows: place..<place + 1].copy(x.view[rows: row..<row + 1])
    }
    let mean = MutableMatrix(rows: 1, columns: x.columns, mean(of: x.view))
    let isLast = block == blocks.count - 1
    if isLast { norm?(mean.view, into: mean.all) }
    return Encoding(
      patches: FeatureMap(grid: grid, vectors: vectors.frozen()), classToken: mean.values,
      classAttention: .none(grid), logits: isLast ? head?(pooled: mean.values) : nil)
  }
}

extension Hiera {
  package func units(of size: Size) -> Grid {
    let side = card.unit
    return Grid(of: size, patch: side, stride: side)
  }

  package func reconstruct(
    _ image: InputPlanes, hidden: [Bool], on workers: ThreadPool, progress: WorkProgress
  ) throws -> Reconstruction? {
    guard let decoder else { return nil }
    progress.expect(blocks.count + decoder.depth)
    let grid = units(of: image.size)
    let order = UnitOrder(grid, units: hidden.indices.filter { !hidden[$0] })
    let seen = image.hiding(hidden, of: grid, side: card.unit)
    let stages = stages(
      of: seen, .identity, order, through: blocks.count - 1, teams(workers, .float32, progress))
    guard !stages.isEmpty,
      let reconstruction = decoder(stages, order, of: image, on: workers, progress)
    else { throw CancellationError() }
    return reconstruction
  }

  package func operations(for grid: Grid, _ options: EncodeOptions) -> Double {
    var tokens = tokens(for: grid, options)
    var sum = Double(2 * tokens * patchEmbedding.proj.inputs * card.dim)
    for block in blocks[...options.block] {
      sum += block.operations(tokens: tokens)
      if block.plan.pools { tokens /= 4 }
    }
    return sum
  }

  /// Bytes of tokens, queries, keys and values of the first stage, which has most, twice.
  package func workingMemory(for grid: Grid, _ options: EncodeOptions) -> Double {
    Double(tokens(for: grid, options)) * Double(card.dim) * 10 * 4
  }

  /// The number of first-stage tokens for the grid of a block's output.
  private func tokens(for grid: Grid, _ options: EncodeOptions) -> Int {
    grid.count << (2 * (hierarchy.stages.count - 1 - card.halvings(after: options.block)))
  }
}

extension Size {
  /// The size with `margin` more pixels on every side.
  fileprivate func grown(by margin: Int) -> Size {
    Size(width: width + 2 * margin, height: height + 2 * margin)
  }
}

extension InputPlanes {
  /// A view with zero padding, `[3, (height + 2 · margin) · (width + 2 · margin)]`.
  fileprivate func surrounded(_ view: View, by margin: Int) -> Matrix {
    let seen = view.size(of: size)
    let whole = seen.grown(by: margin)
    let (rows, columns) = (view.sourceRows(size.height), view.sourceColumns(size.width))
    var padded = [Float](repeating: 0, count: 3 * whole.width * whole.height)
    for channel in 0..<3 {
      for y in 0..<seen.height {
        let start = (channel * whole.height + y + margin) * whole.width + margin
        for x in 0..<seen.width {
          let (row, column) = view.isTransposed ? (rows[x], columns[y]) : (rows[y], columns[x])
          padded[start + x] = values[(channel * size.height + row) * size.width + column]
        }
      }
    }
    return Matrix(rows: 3, columns: whole.width * whole.height, padded)
  }

  /// The planes with the pixels of hidden units set to zero.
  fileprivate func hiding(_ hidden: [Bool], of grid: Grid, side: Int) -> InputPlanes {
    var values = values
    for channel in 0..<3 {
      for y in 0..<size.height {
        for x in 0..<size.width where hidden[y / side * grid.columns + x / side] {
          values[(channel * size.height + y) * size.width + x] = 0
        }
      }
    }
    return InputPlanes(size: size, values: values)
  }
}
