package import Encoders
import Imaging
package import LinearAlgebra

/// The CPU backend: models of this module on a pool of threads.
package struct CPUBackend: Sendable {
  private let threads: ThreadPool
  private let queryThreads: ThreadPool
  private let throughput: ThroughputEstimator

  /// Floating-point operations per second and thread, assumed before any were measured.
  private static let cautiousRate = 40e9

  /// Creates a backend; `threads` encode, `queryThreads` compute for waiting queries.
  package init(threads: ThreadPool, queryThreads: ThreadPool) {
    self.threads = threads
    self.queryThreads = queryThreads
    throughput = ThroughputEstimator(
      operationsPerSecond: CPUBackend.cautiousRate * Double(threads.count))
  }

  /// An encoder that runs a model on this backend's threads.
  package func encoder(_ model: some CPUModel) -> any Encoder {
    CPUEncoder(
      model: model, threads: threads, queryThreads: queryThreads, throughput: throughput)
  }
}

/// A model with its threads.
private struct CPUEncoder<Model: CPUModel>: Encoder {
  let model: Model
  let threads: ThreadPool
  let queryThreads: ThreadPool
  let throughput: ThroughputEstimator

  var card: ModelCard { model.card }

  func cost(of grid: Grid, views: Int, _ options: EncodeOptions) -> EncodingCost {
    let operations = model.operations(for: grid, options) * Double(views)
    return EncodingCost(
      operations: operations, seconds: throughput.seconds(for: operations),
      bytes: model.workingMemory(for: grid, options) * Double(min(threads.count, views)))
  }

  func encode(_ batch: EncodingBatch, progress: WorkProgress) throws -> [Encoding] {
    let start = ContinuousClock.now
    let encodings = try model.encode(
      batch.image, views: batch.views, batch.options, on: threads, progress: progress)
    let operations = encodings.reduce(0.0) {
      $0 + model.operations(for: $1.patches.grid, batch.options)
    }
    throughput.learn(operations: operations, took: ContinuousClock.now - start)
    return encodings
  }
}

extension CPUEncoder: Autoencoder where Model: CPUAutoencoder {
  func units(of size: Size) -> Grid { model.units(of: size) }

  func reconstruct(
    _ image: InputPlanes, hidden: [Bool], progress: WorkProgress
  ) throws -> Reconstruction? {
    try model.reconstruct(image, hidden: hidden, on: threads, progress: progress)
  }
}

extension CPUEncoder: GuidedEncoder where Model: CPUGuidedModel {
  func guided(_ map: FeatureMap, by image: InputPlanes) -> GuidedMap {
    model.guided(map, by: image, on: queryThreads)
  }
}
