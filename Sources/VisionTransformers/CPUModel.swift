package import Encoders
package import Imaging
package import LinearAlgebra

/// A model that runs on this machine's processors, with threads that are lent to it.
package protocol CPUModel: Sendable {
  var card: ModelCard { get }

  /// Floating-point operations that one view costs up to the block that is read.
  func operations(for grid: Grid, _ options: EncodeOptions) -> Double

  /// Bytes of memory that each view under way needs at the same time.
  func workingMemory(for grid: Grid, _ options: EncodeOptions) -> Double

  /// Encodes each view, in order. The result does not depend on the number of threads.
  ///
  /// Throws `CancellationError` at the next transformer block once `progress` is cancelled.
  func encode(
    _ image: InputPlanes, views: [View], _ options: EncodeOptions, on workers: ThreadPool,
    progress: WorkProgress
  ) throws -> [Encoding]
}

/// One that was trained to paint the parts of an image that are hidden from it.
package protocol CPUAutoencoder: CPUModel {
  /// The units of an image that are hidden or shown whole.
  func units(of size: Size) -> Grid

  /// Paints the units that are hidden, as `Autoencoder` does.
  func reconstruct(
    _ image: InputPlanes, hidden: [Bool], on workers: ThreadPool, progress: WorkProgress
  ) throws -> Reconstruction?
}

/// One with an upsampler.
package protocol CPUGuidedModel: CPUModel {
  /// An identity view's map and what its image says of its finer cells, as `GuidedEncoder` has it.
  func guided(_ map: FeatureMap, by image: InputPlanes, on workers: ThreadPool) -> GuidedMap
}
