package import Imaging

/// What a model makes of one view of an image.
package struct Encoding: Sendable {
  /// The vectors of the patches, `[grid, dim]`.
  package let patches: FeatureMap
  /// The vector that stands for the image: the class token's, or the mean where there is none,
  /// `[dim]`.
  package let classToken: [Float]
  /// Without heads where there is no class token.
  package let classAttention: ClassAttention
  /// What the model's own head makes of the whole image, where it has one and its last block was
  /// read, `[classes]`.
  package let logits: [Float]?

  package init(
    patches: FeatureMap, classToken: [Float], classAttention: ClassAttention,
    logits: [Float]? = nil
  ) {
    self.patches = patches
    self.classToken = classToken
    self.classAttention = classAttention
    self.logits = logits
  }
}

/// Views of one image that are to be encoded.
package struct EncodingBatch: Sendable {
  package let image: InputPlanes
  package let views: [View]
  package let options: EncodeOptions

  package init(_ image: InputPlanes, views: [View], _ options: EncodeOptions) {
    self.image = image
    self.views = views
    self.options = options
  }
}

/// What encoding some views is predicted to take.
package struct EncodingCost: Sendable, Hashable {
  /// Floating-point operations up to the block that is read.
  package let operations: Double
  package let seconds: Double
  /// Bytes of memory beside the image and the encodings.
  package let bytes: Double

  package init(operations: Double, seconds: Double, bytes: Double) {
    self.operations = operations
    self.seconds = seconds
    self.bytes = bytes
  }
}

/// A model that turns views of an image into one vector a patch, on some backend.
///
/// Threads, kernels, memory and predictions are the backend's own. A second backend gives a type
/// that conforms to this, and what loads it.
package protocol Encoder: Sendable {
  var card: ModelCard { get }

  /// What so many views of a grid of patches take.
  func cost(of grid: Grid, views: Int, _ options: EncodeOptions) -> EncodingCost

  /// Encodes each view, in order. The result depends on nothing else that goes on.
  ///
  /// Throws `CancellationError` at the next transformer block once `progress` is cancelled.
  func encode(_ batch: EncodingBatch, progress: WorkProgress) throws -> [Encoding]
}
