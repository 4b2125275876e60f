package import Cache
import Encoders
package import LinearAlgebra
package import Scheduling

/// The dependencies and settings of this module's services.
package struct Configuration: Sendable {
  package var models: ModelRegistry
  package var limits: FeaturizationLimits
  /// The queue of jobs that encode.
  package var queue: JobQueue
  /// The queue of queries to encoded images.
  package var queryQueue: JobQueue
  /// The queue of answers that hold memory while their clients read them.
  package var answerQueue: JobQueue
  /// The threads that compute answers to queries.
  package var queryThreads: ThreadPool
  /// The memory budget of the caches, in bytes.
  package var memory: Int
  package var disk: DiskStore?
  /// What machines share beneath the disk; it needs one.
  package var shared: (any SharedStore)?
  /// The default precision, and the meaning of precisions' names.
  package var precisions: PrecisionNames
  /// The storage type of all fields.
  package var storageType: FieldRequest.StorageType
  /// The kind of arithmetic, cards' included: the same kind, the same bytes.
  package var arithmetic: String
  /// Receives events, on any thread.
  package var observe: @Sendable (FieldEvent) -> Void

  package init(
    models: ModelRegistry, limits: FeaturizationLimits, queue: JobQueue, queryQueue: JobQueue,
    answerQueue: JobQueue, queryThreads: ThreadPool, memory: Int, disk: DiskStore?,
    shared: (any SharedStore)? = nil, precisions: PrecisionNames = PrecisionNames(),
    storageType: FieldRequest.StorageType = .float32,
    arithmetic: String = FieldRecord.arithmetic,
    observe: @escaping @Sendable (FieldEvent) -> Void = { _ in }
  ) {
    self.models = models
    self.limits = limits
    self.queue = queue
    self.queryQueue = queryQueue
    self.answerQueue = answerQueue
    self.queryThreads = queryThreads
    self.memory = memory
    self.disk = disk
    self.shared = shared
    self.precisions = precisions
    self.storageType = storageType
    self.arithmetic = arithmetic
    self.observe = observe
  }
}
