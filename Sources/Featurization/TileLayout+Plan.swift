import Encoders
import Fields
import Imaging

extension TileLayout {
  /// The tiles of an encoded image; `nil` where it is encoded whole.
  ///
  /// Throws for tiles that are too small to overlap, and where a model or option needs the image in
  /// one piece.
  init?(
    _ request: FieldRequest, of encoded: Size, _ patches: Grid, _ card: ModelCard,
    limits: FeaturizationLimits
  ) throws(FeaturizationError) {
    let unit = card.unit
    let side: Int
    switch request.tile {
    case .side(let wanted):
      guard max(encoded.width, encoded.height) > wanted else { return nil }
      side = wanted
    case .beyond(let tokens):
      guard patches.count > tokens, request.allowsTiles(card) else { return nil }
      side = Tiling.usualPatches * card.patch
    }
    let stride = request.encodeOptions.stride
    let least = 3 * Tiling.overlap.least * card.patch
    guard side >= least else { throw .tileTooSmall(side, least: least) }
    guard request.allowsTiles(card) else { throw .tilesNotSupported }
    // Patches may begin at any multiple of their stride; windows and stages at multiples of the unit.
    let isDense = card.allowsDensePatches
    let quantum = isDense ? (pixels: stride, cells: 1) : (pixels: unit, cells: unit / stride)
    let margin = isDense ? card.patch - stride : 0
    let tile = max(1, (side - margin) / quantum.pixels)
    let overlap = min(Tiling.overlap.usual * card.patch, side / 3) / quantum.pixels
    func axis(_ length: Int, _ cells: Int) -> TileAxis {
      TileAxis(
        length: length, quanta: cells / quantum.cells, tile: tile, overlap: max(1, overlap),
        quantum: quantum, margin: margin)
    }
    vertical = axis(encoded.height, patches.rows)
    horizontal = axis(encoded.width, patches.columns)
    guard grid.count <= limits.tokens else {
      throw .tooManyTokens(limit: limits.tokens, tokens: grid.count)
    }
  }
}

extension FieldRequest {
  /// Whether views may be cut: not for positions of one grid, nor for an upsampler's guide.
  fileprivate func allowsTiles(_ card: ModelCard) -> Bool {
    upsampling != .jbu && fit != .frame && card.onlyGrid == nil
  }
}
