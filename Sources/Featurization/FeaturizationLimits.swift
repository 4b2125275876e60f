package import ImageCodecs

/// Limits of one request; each is a configuration key.
package struct FeaturizationLimits: Sendable, Hashable {
  package var decoding: DecodingLimits
  /// Tokens of one view.
  package var tokens: Int
  package var views: Int
  /// Floating-point operations of one request, in 10¹².
  package var maxTflop: Double
  /// Points of one sample.
  package var points: Int
  /// Bytes of the JSON that lists points.
  package var jsonBytes: Int
  /// Bytes of the upsampler's weights for one image.
  package var guideBytes: Int

  package init(
    decoding: DecodingLimits, tokens: Int, views: Int, maxTflop: Double, points: Int,
    jsonBytes: Int, guideBytes: Int
  ) {
    self.decoding = decoding
    self.tokens = tokens
    self.views = views
    self.maxTflop = maxTflop
    self.points = points
    self.jsonBytes = jsonBytes
    self.guideBytes = guideBytes
  }
}
