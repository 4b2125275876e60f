package import Tensors
package import Files
package import ImageCodecs
package import Imaging

/// Why an image is not featurized, or a field does not answer.
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
  /// An image that does not fit into the square of the model's positions, of so many pixels a side.
  case largerThanFrame(image: Size, side: Int)
  /// Another grid of patches than the only one that the model has positions for, both in patches.
  case fixedGrid(found: Size, wanted: Size, patch: Int)
  case tooManyTokens(limit: Int, tokens: Int)
  /// The weights that an upsampler would read off the image.
  case tooManyWeights(limit: Int, bytes: Int)
  case tooManyViews(limit: Int, views: Int)
  /// Predicted work, in 10¹² floating-point operations.
  case tooMuchWork(limit: Double, predicted: Double)
  /// The covariance of the features has no eigenvectors that could be found.
  case noComponents
  /// The card is known, its file is not there.
  case weightsMissing(model: String)
  /// The file is there and is not what the card says.
  case weightsRefused(model: String, reason: String)
  /// Nothing is kept under this id.
  case noSuchField(Digest)
  /// No image is kept under this digest.
  case noSuchImage(Digest)
  /// An image whose digest is not the one that its name says.
  case anotherDigest(Digest)
  /// An image that neither memory nor disk has room for.
  case noRoom(bytes: Int)
  /// The field would have to be computed again, from an image or weights that are not here.
  case fieldGone(Digest)
  /// A field whose vectors are of another kind than those to be projected.
  case foreignBasis(dim: Int, wanted: Int)
  /// A place outside what the field shows.
  case outside(x: Int, y: Int, of: Size)
  case payload(PayloadError)
}

/// What is wrong with what was posted to a field.
package enum PayloadError: Error, Hashable, Sendable {
  case unrecognised
  case array(ArrayFileError)
  /// An array or an image of another shape than the wanted one.
  case shape([Int], wanted: String)
  case tooManyPoints(limit: Int, points: Int)
  case tooManyRows(limit: Int, rows: Int)
  /// No point, or no labelled pixel.
  case nothing
  case malformedJSON
  case tooMuchJSON(limit: Int, bytes: Int)
  /// A matrix or a bias with values that are no finite numbers.
  case notFinite
}
