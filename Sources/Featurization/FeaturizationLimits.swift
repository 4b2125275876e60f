package import ImageCodecs

/// How much one request may ask for; every number is a configuration key.
package struct FeaturizationLimits: Sendable, Hashable {
  package var decoding: DecodingLimits
  /// Tokens of one view.
  package var tokens: Int
  package var views: Int
  /// 10¹² floating-point operations of one request.
  package var maxTflop: Double
  /// Pixels of one sample.
  package var points: Int
  /// Bytes of JSON that name them.
  package var jsonBytes: Int
  /// Bytes of the weights that an upsampler reads off one image.
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
