package import Imaging

/// What a model's vectors are and where they lie, told before any weight is read.
extension ModelCard {
  /// Both sides of an image must be multiples of so many pixels.
  package var unit: Int {
    hierarchy.map { patch << ($0.stages.count - 1) } ?? patch
  }

  /// The same for one way of fitting: a frame's sides are those of the images that positions are
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

  /// How often the grid is still halved after a block, were it halved before every stage.
  package func halvings(after block: Int) -> Int {
    guard let hierarchy else { return 0 }
    return hierarchy.stages.count - 1 - min(stage(of: block), hierarchy.pools)
  }

  /// The length of the vectors that are read off a block.
  package func channels(of options: EncodeOptions) -> Int {
    if hierarchy != nil { return dim << stage(of: options.block) }
    if let windows, options.block == depth - 1, options.facet == .token { return windows.neck }
    return dim
  }

  /// The tokens of an image before any is pooled, which positions are added to.
  package func tokens(of size: Size, stride: Int) -> Grid {
    Grid(of: size, patch: patch, stride: hierarchy == nil ? stride : patch)
  }

  /// The only grid of tokens that there are positions for; `nil` where they are resampled.
  package var onlyGrid: Grid? {
    positions == .fixed ? Grid(rows: positionGrid, columns: positionGrid) : nil
  }

  /// Whether one token stands for the image, and attends to the others.
  package var hasClassToken: Bool { classTokens > 0 }

  /// Whether patches may begin less than a patch apart; windows and stages are cut from one grid.
  package var allowsDensePatches: Bool { hierarchy == nil && windows == nil }

  /// Whether queries, keys and values can be read off a block; a stage pools its queries.
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
