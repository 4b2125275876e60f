package import Cache
import Encoders
package import LinearAlgebra
package import Scheduling

/// What the services of this module stand on.
package struct Configuration: Sendable {
  package var models: Models
  package var limits: FeaturizationLimits
  /// Of the jobs that encode.
  package var queue: JobQueue
  /// Of the queries to what is encoded.
  package var queryQueue: JobQueue
  /// Those that answer queries.
  package var queryThreads: ThreadPool
  /// Bytes of memory for what is kept.
  package var memory: Int
  package var disk: DiskStore?
  /// What requests name, or do not.
  package var precisions: PrecisionNames
  /// Of all requests.
  package var storageType: FieldRequest.StorageType
  /// Told of events on whatever thread they happen.
  package var observe: @Sendable (FieldEvent) -> Void

  package init(
    models: Models, limits: FeaturizationLimits, queue: JobQueue, queryQueue: JobQueue,
    queryThreads: ThreadPool, memory: Int, disk: DiskStore?,
    precisions: PrecisionNames = PrecisionNames(),
    storageType: FieldRequest.StorageType = .float32,
    observe: @escaping @Sendable (FieldEvent) -> Void = { _ in }
  ) {
    self.models = models
    self.limits = limits
    self.queue = queue
    self.queryQueue = queryQueue
    self.queryThreads = queryThreads
    self.memory = memory
    self.disk = disk
    self.precisions = precisions
    self.storageType = storageType
    self.observe = observe
  }
}
