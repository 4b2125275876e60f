package import Imaging

/// The shape and geometry of a model's vectors, known before any weight is read.
extension ModelCard {
  /// Pixels of which both sides of an image must be multiples.
  package var unit: Int {
    hierarchy.map { patch << ($0.stages.count - 1) } ?? patch
  }

  /// The same for one way of fitting; for a frame, the side of the images that the positions are
  /// for.
  package func unit(for fit: Canvas.Fit) -> Int {
    fit == .frame && hasFrame ? patch * positionGrid : unit
  }

  /// Whether there are positions for images of one size.
  package var hasFrame: Bool { positionGrid > 0 }

  /// Pixels along a side of the cells whose vectors a block gives.
  package func cell(of block: Int) -> Int {
    hierarchy.map { patch << ($0.stages.count - 1 - halvings(after: block)) } ?? patch
  }

  /// The number of halvings of the grid still to come after a block, if every stage began with one.
  package func halvings(after block: Int) -> Int {
    guard let hierarchy else { return 0 }
    return hierarchy.stages.count - 1 - min(stage(of: block), hierarchy.pools)
  }

  /// The dimension of the vectors that are read: those of several blocks lie side by side.
  package func channels(of options: EncodeOptions) -> Int {
    if hierarchy != nil { return dim << stage(of: options.block) }
    if let windows, options.block == depth - 1, options.facet == .token { return windows.neck }
    return options.blocks.count * dim
  }

  /// The tokens of an image before any pooling, to which positions are added.
  package func tokens(of size: Size, stride: Int) -> Grid {
    Grid(of: size, patch: patch, stride: hierarchy == nil ? stride : patch)
  }

  /// The only grid of tokens with positions; `nil` where positions are resampled.
  package var onlyGrid: Grid? {
    positions == .fixed ? Grid(rows: positionGrid, columns: positionGrid) : nil
  }

  /// Whether there is a class token, which attends to the others.
  package var hasClassToken: Bool { classTokens > 0 }

  /// Whether patches may have a stride below their size; windows and stages are cut from one grid.
  package var allowsDensePatches: Bool { hierarchy == nil && windows == nil }

  /// Whether several blocks can be read in one pass: their grids must be one, their vectors as long.
  package var hasSeveralLayers: Bool { hierarchy == nil && windows == nil }

  /// Whether queries, keys and values can be read from a block; stages pool their queries.
  package var hasFacets: Bool { hierarchy == nil }

  private func stage(of block: Int) -> Int {
    var rest = block
    for (stage, count) in (hierarchy?.stages ?? []).enumerated() {
      if rest < count { return stage }
      rest -= count
    }
    return 0
  }
}
