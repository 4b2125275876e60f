package import ImageCodecs
package import Imaging

/// Why an image is not featurized.
///
/// Cases carry facts; status codes are chosen for the web elsewhere.
package enum FeaturizationError: Error, Hashable, Sendable {
  case image(CodecError)
  /// Samples that are no finite numbers, or too large to compute with.
  case notFinite(samples: Int)
  /// A quarter turn of an image that is not square once fitted to whole patches.
  case rotationNeedsSquare(encoded: Size)
  /// Cropping an image with a side shorter than a patch.
  case smallerThanPatch(image: Size, patch: Int)
  case tooManyTokens(limit: Int, tokens: Int)
  case tooManyViews(limit: Int, views: Int)
  /// Predicted work, in 10¹² floating-point operations.
  case tooMuchWork(limit: Double, predicted: Double)
  /// The covariance of the features has no eigenvectors that could be found.
  case noComponents
  /// The card is known, its file is not there.
  case weightsMissing(model: String)
  /// The file is there and is not what the card says.
  case weightsRefused(model: String, reason: String)
}
