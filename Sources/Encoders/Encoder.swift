package import Imaging
package import LinearAlgebra

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

/// A model that turns views of an image into one vector a patch.
package protocol Encoder: Sendable {
  var card: ModelCard { get }

  /// Floating-point operations that one view costs up to the block that is read.
  func operations(for grid: Grid, _ options: EncodeOptions) -> Double

  /// Bytes of memory that each view under way needs at the same time.
  func workingMemory(for grid: Grid, _ options: EncodeOptions) -> Double

  /// Encodes each view, in order. The result does not depend on the team's size.
  ///
  /// Throws `CancellationError` at the next transformer block once `progress` is cancelled.
  func encode(
    _ image: InputPlanes, views: [View], _ options: EncodeOptions, on workers: ThreadPool,
    progress: WorkProgress
  ) throws -> [Encoding]
}
