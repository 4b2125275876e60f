package import Imaging
package import LinearAlgebra

/// What a model makes of one view of an image.
package struct Encoding: Sendable {
  /// The vectors of the patches, `[grid, dim]`.
  package let patches: FeatureMap
  /// The class token's vector, `[dim]`.
  package let classToken: [Float]
  package let classAttention: ClassAttention

  package init(patches: FeatureMap, classToken: [Float], classAttention: ClassAttention) {
    self.patches = patches
    self.classToken = classToken
    self.classAttention = classAttention
  }
}

/// A model that turns views of an image into one vector a patch.
package protocol Encoder: Sendable {
  var card: ModelCard { get }

  /// Floating-point operations that one view costs up to the block that is read.
  func operations(for grid: Grid, _ pass: Pass) -> Double

  /// Bytes of memory that each view under way needs at the same time.
  func workingMemory(for grid: Grid) -> Double

  /// Encodes each view, in order. The result does not depend on the team's size.
  ///
  /// Throws `CancellationError` at the next transformer block once `progress` is cancelled.
  func encode(
    _ image: InputPlanes, views: [View], _ pass: Pass, on workers: Workers, progress: WorkProgress
  ) throws -> [Encoding]
}
