package import Features
import ImageCodecs
package import Imaging

/// What a request will take, known from the image's header alone.
package struct Plan: Sendable {
  package let request: FeatureRequest
  package let canvas: Canvas
  package let pass: Pass
  /// The patches of one view.
  package let patches: Grid
  package let views: [(view: View, count: Int)]
  package let operations: Double
  /// Bytes of the grids, of the views under way and of the image.
  package let bytes: Int

  /// Throws when a limit is passed, before any pixel is decoded.
  init(
    _ request: FeatureRequest, header: ImageHeader, encoder: any Encoder, threads: Int,
    limits: FeaturizationLimits
  ) throws(FeaturizationError) {
    let card = encoder.card
    self.request = request
    guard let canvas = Canvas(header.size, fit: request.field.fit, patch: card.patch) else {
      throw .smallerThanPatch(image: header.size, patch: card.patch)
    }
    self.canvas = canvas
    let encoded = canvas.encoded
    guard request.field.rotations == .none || encoded.width == encoded.height else {
      throw .rotationNeedsSquare(encoded: encoded)
    }
    guard request.field.viewBound <= limits.views else {
      throw .tooManyViews(limit: limits.views, views: request.field.viewBound)
    }
    pass = Pass(stride: request.field.stride, block: card.depth - 1)
    patches = Grid(of: encoded, patch: card.patch, stride: pass.stride)
    guard patches.count <= limits.tokens else {
      throw .tooManyTokens(limit: limits.tokens, tokens: patches.count)
    }
    views = request.field.views(of: encoded)
    operations = encoder.operations(for: patches, pass) * Double(views.count)
    guard operations <= limits.teraoperations * 1e12 else {
      throw .tooMuchWork(limit: limits.teraoperations, predicted: operations / 1e12)
    }
    let columns = card.dim + card.heads * ClassAttention.Kind.allCases.count
    let maps = Double(views.count * patches.count) * Double(columns) * 4
    let underWay = encoder.workingMemory(for: patches) * Double(min(threads, views.count))
    let image = Double(encoded.width) * Double(encoded.height) * 24
    bytes = Int(min(maps + underWay + image, 1e15))
  }
}
