package import Imaging
package import LinearAlgebra

/// A model's output for one view of an image.
package struct Encoding: Sendable {
  /// The vectors of the patches, `[grid, dim]`; those of several blocks side by side.
  package let patches: FeatureMap
  /// The vector that represents the image: the class token's, or the mean without one, `[dim]`; those
  /// of several blocks one after another.
  package let classToken: [Float]
  /// Of the deepest block; without heads for models without a class token.
  package let classAttention: ClassAttention
  /// Logits of the model's classifier, `[classes]`; `nil` without one, or if the last block was not
  /// read.
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

/// Views of one image to be encoded.
package struct EncodingBatch: Sendable {
  package let image: InputPlanes
  package let views: [View]
  package let options: EncodeOptions
  /// The kernels by whose names the encodings will be known, and no others may make them.
  package let kernels: KernelSets

  package init(
    _ image: InputPlanes, views: [View], _ options: EncodeOptions, kernels: KernelSets = .current
  ) {
    self.image = image
    self.views = views
    self.options = options
    self.kernels = kernels
  }
}

/// The predicted cost of encoding some views.
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

/// A model that turns views of an image into one vector per patch, on some backend.
///
/// Threads, kernels, memory and predictions are the backend's own. A second backend provides a type
/// that conforms to this, and its loader.
package protocol Encoder: Sendable {
  var card: ModelCard { get }

  /// The kernels that encode what is asked for from now on.
  func kernels(for options: EncodeOptions) -> KernelSets

  /// Whether it has the kernels that a batch may name.
  func makes(_ kernels: KernelSets, _ options: EncodeOptions) -> Bool

  /// The cost of encoding `views` views of a grid of patches.
  func cost(of grid: Grid, views: Int, _ options: EncodeOptions) -> EncodingCost

  /// Encodes each view, in order; the result depends on no concurrent work.
  ///
  /// Throws `CancellationError` at the next transformer block once `progress` is cancelled, and
  /// `EncoderError` where what computes is not there.
  func encode(_ batch: EncodingBatch, progress: WorkProgress) throws -> [Encoding]
}

/// Kernels of the CPU, where an encoder says nothing else.
extension Encoder {
  package func kernels(for options: EncodeOptions) -> KernelSets { .current }

  package func makes(_ kernels: KernelSets, _ options: EncodeOptions) -> Bool {
    kernels == .current
  }
}
