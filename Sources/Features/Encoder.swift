package import Imaging
package import LinearAlgebra

/// What a model makes of one view of an image.
package struct Encoding: Sendable {
  /// The patch tokens after the final norm, `[grid, dim]`.
  package let patches: FeatureMap
  /// The class token after the final norm, `[dim]`.
  package let classToken: [Float]
  /// What the class token attends to in the last block, after the softmax, `[grid, heads]`.
  ///
  /// The weights of the other tokens are left out, the rest is not rescaled.
  package let classAttention: FeatureMap

  package init(patches: FeatureMap, classToken: [Float], classAttention: FeatureMap) {
    self.patches = patches
    self.classToken = classToken
    self.classAttention = classAttention
  }
}

/// A model that turns views of an image into one vector a patch.
package protocol Encoder: Sendable {
  var card: ModelCard { get }

  /// Floating-point operations that one view costs.
  func operations(for grid: Grid) -> Double

  /// Bytes of memory that each view under way needs at the same time.
  func workingMemory(for grid: Grid) -> Double

  /// Encodes each view, in order. The result does not depend on the team's size.
  ///
  /// Throws `CancellationError` at the next transformer block once `progress` is cancelled.
  func encode(
    _ image: InputPlanes, views: [View], stride: Int, on workers: Workers, progress: WorkProgress
  ) throws -> [Encoding]
}
