package import Encoders
package import Imaging
package import LinearAlgebra

/// A model that runs on CPUs, on threads given by the caller.
package protocol CPUModel: Sendable {
  var card: ModelCard { get }

  /// Floating-point operations of one view up to the block that is read.
  func operations(for grid: Grid, _ options: EncodeOptions) -> Double

  /// Bytes of memory per view in progress.
  func workingMemory(for grid: Grid, _ options: EncodeOptions) -> Double

  /// Encodes each view, in order; the result does not depend on the number of threads.
  ///
  /// Throws `CancellationError` at the next transformer block once `progress` is cancelled.
  func encode(
    _ image: InputPlanes, views: [View], _ options: EncodeOptions, on workers: ThreadPool,
    progress: WorkProgress
  ) throws -> [Encoding]
}

/// A model trained to reconstruct hidden parts of an image.
package protocol CPUAutoencoder: CPUModel {
  /// The units of an image, each hidden or shown as a whole.
  func units(of size: Size) -> Grid

  /// Reconstructs the hidden units, as `Autoencoder` does.
  func reconstruct(
    _ image: InputPlanes, hidden: [Bool], on workers: ThreadPool, progress: WorkProgress
  ) throws -> Reconstruction?
}

/// A model with an upsampler.
package protocol CPUGuidedModel: CPUModel {
  /// An identity view's map with the upsampling weights of its image, as in `GuidedEncoder`.
  func guided(_ map: FeatureMap, by image: InputPlanes, on workers: ThreadPool) -> GuidedMap
}
