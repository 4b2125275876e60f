import Encoders
import Fields
import ImageCodecs
package import Imaging

/// The predicted cost of a field, known from the image's header alone.
package struct Plan: Sendable {
  package internal(set) var request: FieldRequest
  /// The image's original size; the canvas's source is the resized image.
  package let image: Size
  package let canvas: Canvas
  /// The patch grid of one view.
  package let patches: Grid
  package let views: [(view: View, count: Int)]
  /// `nil` where each view is encoded whole.
  package let tiles: TileLayout?
  package let operations: Double
  /// The predicted time when the plan was made.
  package let seconds: Double
  /// Bytes of the grids, of the views in progress and of the image.
  package let bytes: Int

  /// Throws if a limit is exceeded, before any pixel is decoded.
  init(
    _ request: FieldRequest, header: ImageHeader, encoder: any Encoder, limits: FeaturizationLimits
  ) throws(FeaturizationError) {
    let card = encoder.card
    self.request = request
    image = header.size
    let reading = ImageReading(request, limits: limits.decoding)
    canvas = try Plan.canvas(request, header: header, card: card, limits: limits)
    let encoded = canvas.encoded
    guard request.rotations == .none || encoded.width == encoded.height else {
      throw .rotationNeedsSquare(encoded: encoded)
    }
    guard request.viewBound <= limits.views else {
      throw .tooManyViews(limit: limits.views, views: request.viewBound)
    }
    patches = Grid(
      of: encoded, patch: card.cell(of: request.encodeOptions.block),
      stride: request.encodeOptions.stride)
    let tokens = card.tokens(of: encoded, stride: request.encodeOptions.stride)
    if let wanted = card.onlyGrid, tokens != wanted {
      throw .fixedGrid(
        found: Size(width: tokens.columns, height: tokens.rows),
        wanted: Size(width: wanted.columns, height: wanted.rows), patch: card.patch)
    }
    let tiles = try TileLayout(request, of: encoded, patches, card, limits: limits)
    guard tiles != nil || patches.count <= limits.tokens else {
      throw .tooManyTokens(limit: limits.tokens, tokens: patches.count)
    }
    try Plan.check(request, patches, card, limits)
    let views = request.views(of: encoded)
    (self.views, self.tiles) = (views, tiles)
    let cost = encoder.cost(
      of: tiles?.grid ?? patches, views: tiles == nil ? views.count : 1, request.encodeOptions)
    let passes = Double(tiles.map { $0.count * views.count } ?? 1)
    operations = cost.operations * passes
    seconds = cost.seconds * passes
    guard operations <= limits.maxTflop * 1e12 else {
      throw .tooMuchWork(
        limit: limits.maxTflop,
        Work(tflop: operations / 1e12, seconds: seconds, image: canvas.source))
    }
    let heads = card.hasClassToken ? card.heads : 0
    let columns =
      card.channels(of: request.encodeOptions) + heads * ClassAttention.Kind.allCases.count
    let maps = Plan.bytes(
      of: patches, tiles, views: views.count, columns: columns,
      card.channels(of: request.encodeOptions), as: request.storageType)
    let pixels = Double(encoded.width) * Double(encoded.height) + Double(image.width * image.height)
    let decoded = Double(try reading.bytes(of: header))
    bytes = Int(min(maps + cost.bytes + 24 * pixels + decoded, 1e15))
  }

  /// How the part of an image that is looked at is laid out for a model; throws if a limit is
  /// exceeded.
  static func canvas(
    _ request: FieldRequest, header: ImageHeader, card: ModelCard, limits: FeaturizationLimits
  ) throws(FeaturizationError) -> Canvas {
    let part = try ImageReading(request, limits: limits.decoding).size(of: header)
    let source = request.resize.map { part.fitted(longestSide: $0) } ?? part
    try Plan.check(source, limits.decoding)
    let unit = card.unit(for: request.fit)
    guard let canvas = Canvas(source, fit: request.fit, patch: unit) else {
      if request.fit == .frame { throw .largerThanFrame(image: source, side: unit) }
      throw .smallerThanPatch(image: source, patch: unit)
    }
    return canvas
  }

  /// Bytes of the grids with `columns` floats a cell, the first `channels` of them as they are stored
  /// where views are tiled, and of two rows of tiles.
  private static func bytes(
    of patches: Grid, _ tiles: TileLayout?, views: Int, columns: Int, _ channels: Int,
    as type: FieldRequest.StorageType
  ) -> Double {
    guard let tiles else { return Double(views * patches.count) * Double(columns) * 4 }
    let cell = channels * (type == .float32 ? 4 : 2) + 4 * (columns - channels)
    let live = 3 * tiles.horizontal.origins.count * tiles.grid.count
    return Double(views * patches.count) * Double(cell) + Double(live) * Double(columns) * 4
  }

  /// The upsampler's weights must be within the limit before any is computed.
  private static func check(
    _ request: FieldRequest, _ patches: Grid, _ card: ModelCard, _ limits: FeaturizationLimits
  ) throws(FeaturizationError) {
    guard request.upsampling == .jbu, let upsampler = card.upsampler else { return }
    let bytes = GuidedUpsampling.bytes(of: patches, doublings: upsampler.doublings)
    guard let bytes, bytes <= limits.guideBytes else {
      throw .tooManyWeights(limit: limits.guideBytes, bytes: bytes ?? .max)
    }
  }

  /// The enlarged image must be within the decoder's limits.
  private static func check(
    _ size: Size, _ limits: DecodingLimits
  ) throws(FeaturizationError) {
    let side = max(size.width, size.height)
    guard side <= limits.side else {
      throw .image(.sideTooLong(side, limit: limits.side))
    }
    guard size.width * size.height <= limits.pixels else {
      throw .image(.tooManyPixels(size.width * size.height, limit: limits.pixels))
    }
  }
}
