package import Analysis
package import Encoders
package import Tensors
package import Files
package import ImageCodecs
package import Imaging
package import Segmentation

/// An error in computing or querying a field.
///
/// Cases carry facts; the HTTP API chooses status codes.
package enum FeaturizationError: Error, Hashable, Sendable {
  case image(CodecError)
  /// Samples that are not finite, or too large to compute with.
  case notFinite(samples: Int)
  /// Channels that are no colours, and no choice of one.
  case channelNeeded(channels: Int)
  case noSuchChannel(ChannelChoice, channels: Int)
  case cropOutside(PixelRectangle, of: Size)
  /// No sample is a measurement.
  case noValidSamples
  /// A quarter turn of an image that is not square when fitted to whole patches.
  case rotationNeedsSquare(encoded: Size)
  /// A crop of an image with a side shorter than a patch.
  case smallerThanPatch(image: Size, patch: Int)
  /// An image larger than the square of the model's positions, whose side is in pixels.
  case largerThanFrame(image: Size, side: Int)
  /// A patch grid other than the only one that the model has positions for; both in patches.
  case fixedGrid(found: Size, wanted: Size, patch: Int)
  /// Tiles that are shorter than three overlaps, in pixels.
  case tileTooSmall(Int, least: Int)
  /// Tiles where the model or an option needs the image in one piece.
  case tilesNotSupported
  case tooManyTokens(limit: Int, tokens: Int)
  /// The upsampler's weights for the image exceed the limit, in bytes.
  case tooManyWeights(limit: Int, bytes: Int)
  case tooManyViews(limit: Int, views: Int)
  /// The predicted work exceeds the limit, in 10¹² floating-point operations.
  case tooMuchWork(limit: Double, Work)
  /// The eigenvectors of the features' covariance could not be computed.
  case noComponents
  /// The model's file is missing.
  case weightsMissing(model: String)
  /// The model's file does not match its card.
  case weightsRefused(model: String, reason: String)
  /// No field is stored under this id.
  case noSuchField(Digest)
  /// No image is stored under this digest.
  case noSuchImage(Digest)
  /// A kept image whose file the system did not let be read.
  case imageUnreadable(Digest)
  /// The client may not delete the image, which only others sent.
  case imageOfOthers(Digest)
  /// The image's digest differs from its name.
  case anotherDigest(Digest)
  /// Neither memory nor disk has room for the image.
  case noRoom(bytes: Int)
  /// What encodes does not do so now, or not this.
  case encoder(EncoderError)
  /// The store that machines share does not answer, and may have what is needed.
  case sharedStoreAway
  /// The client may not give up a field that only others want.
  case fieldOfOthers(Digest)
  /// The field is made: there is nothing to give up.
  case fieldIsMade(Digest)
  /// No view of the field is there yet; the seconds are a prediction of when the first will be.
  case noViewYet(Digest, seconds: Double)
  /// The field would have to be recomputed, but its image or weights are missing.
  case fieldGone(Digest)
  /// The vectors of the basis have another dimension than those to be projected.
  case foreignBasis(dim: Int, wanted: Int)
  /// A place outside the field.
  case outside(x: Int, y: Int, of: Size)
  case payload(PayloadError)
  case segmentation(SegmentationError)
  case analysis(AnalysisError)
  /// No classifier is kept under this id.
  case noSuchClassifier(Digest)
  /// A classifier of whole images where one of pixels is needed, or the other way round.
  case otherClassifier(Digest, isOfImages: Bool)
  /// The classifier was made for fields with other options.
  case otherField([OptionDifference])
  /// Fields that are asked about together have other options.
  case unlikeFields([OptionDifference])
  /// A classifier's id and labels to train one on.
  case labelsAndClassifier
  /// A label image with a query about several pages.
  case severalPagesOfLabels
  /// Neither a classifier's id nor labels.
  case noLabels
  /// No labels are kept at the field.
  case noLabelsKept(Digest)
  case rectangleOutside(PixelRectangle, of: Size)
  /// Pages of one request that differ in size or samples.
  case unlikePages(PageForm, PageForm)
  /// What one of several pages is refused for.
  indirect case ofPage(Int, FeaturizationError)
  /// The picture of all pages exceeds the limit, in pixels.
  case pictureTooLarge(limit: Int, pixels: Int)
  /// The outlines of all objects exceed the limit, in corners or runs.
  case tooDetailed(limit: Int, corners: Int)
  /// Objects to be measured exceed the limit.
  case tooManyObjects(limit: Int, objects: Int)
  /// What all pages hold at the same time exceeds the limit, in bytes.
  case pagesTooLarge(limit: Int, bytes: Int)
}

/// The predicted work of a request.
package struct Work: Hashable, Sendable {
  /// 10¹² floating-point operations.
  package let tflop: Double
  package let seconds: Double
  /// The size that is encoded.
  package let image: Size

  package init(tflop: Double, seconds: Double, image: Size) {
    self.tflop = tflop
    self.seconds = seconds
    self.image = image
  }
}

/// An option that a field has and a classifier does not want.
package struct OptionDifference: Hashable, Sendable {
  package let name: String
  package let wanted: String
  package let found: String

  package init(name: String, wanted: String, found: String) {
    (self.name, self.wanted, self.found) = (name, wanted, found)
  }
}

/// An error in a body posted to a field.
package enum PayloadError: Error, Hashable, Sendable {
  case unrecognised
  case array(ArrayFileError)
  /// An array or image whose shape is not the expected one.
  case shape([Int], wanted: String)
  case tooManyPoints(limit: Int, points: Int)
  case tooManyRows(limit: Int, rows: Int)
  /// No points, or no labelled pixels.
  case nothing
  case malformedJSON
  /// A label image that could not be read.
  case labels(CodecError)
  /// Labels as shapes that are not valid.
  case shapes(SegmentationError)
  /// A label image in a format that does not keep values.
  case inexactLabels
  /// A label that is no whole number from 0 to 255.
  case labelValue(Double)
  /// Another number of bytes than there are pixels.
  case byteCount(Int, wanted: Int)
  /// A deflated body that is malformed, or stands for another number of bytes.
  case deflation(wanted: Int)
  case tooMuchJSON(limit: Int, bytes: Int)
  /// A matrix or bias with values that are not finite.
  case notFinite
}
