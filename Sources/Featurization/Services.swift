package import Cache
package import Scheduling

/// The services of this module, connected with each other.
package struct Services: Sendable {
  package let images: ImageStore
  package let fields: FieldService
  package let queries: QueryService
  package let classifiers: ClassifierStore
  package let answers: AnswerStore
  private let labels: LabelStore
  let disk: DiskStore?
  /// What machines share; `nil` where this one is alone.
  package let shared: SharedEntries?
  /// The kind of arithmetic: the same kind, the same bytes.
  package let arithmetic: String

  package init(_ configuration: Configuration) {
    disk = configuration.disk
    arithmetic = configuration.arithmetic
    shared = configuration.disk.flatMap { disk in
      configuration.shared.map {
        SharedEntries(
          $0, beneath: disk, arithmetic: configuration.arithmetic, observe: configuration.observe)
      }
    }
    let budget = CacheBudget(total: configuration.memory)
    let cache = FieldCache(budget, disk: configuration.disk)
    images = ImageStore(
      budget: budget, disk: configuration.disk, shared: shared,
      limits: configuration.limits.decoding, threads: configuration.queryQueue,
      answers: configuration.answerQueue)
    fields = FieldService(configuration, cache: cache, images: images, shared: shared)
    classifiers = ClassifierStore(budget: budget, disk: configuration.disk, shared: shared)
    labels = LabelStore(
      budget: budget, disk: configuration.disk, limits: configuration.limits.decoding)
    answers = AnswerStore(
      disk: configuration.disk, shared: shared, queries: configuration.queryQueue,
      answers: configuration.answerQueue)
    queries = QueryService(
      fields: fields, queue: configuration.queryQueue, answers: configuration.answerQueue,
      threads: configuration.queryThreads, classifiers: classifiers,
      labels: labels, kept: answers)
  }

  /// What a request that came now would be told, if it would not be taken in.
  package var refusal: JobError? { fields.queue.refusal ?? queries.queue.refusal }

  package var models: ModelRegistry { fields.models }

  /// The namespaces of the store on disk.
  package static let namespaces = FieldCache.namespaces.union([
    ImageStore.namespace, SenderRecords.namespace, ClassifierStore.namespace,
    LabelStore.namespace, AnswerStore.namespace,
  ])

  /// Bytes of memory in use by caches.
  package var cachedBytes: Int {
    fields.cache.memoryBytes + images.memoryBytes + classifiers.memoryBytes
      + labels.memoryBytes
  }

  /// Whether the store's folder is writable, or no store is configured.
  package var canKeep: Bool { disk?.isWritable ?? true }

  /// The state of the store on disk; `nil` if there is none.
  package var diskReport: DiskReport? {
    disk.map { disk in
      let counts = disk.counts
      return DiskReport(
        bytes: disk.totalBytes, damaged: counts.damaged, failedWrites: counts.failedWrites)
    }
  }
}

/// The state of a store on disk.
package struct DiskReport: Sendable, Hashable {
  package let bytes: Int
  /// Files whose content failed verification.
  package let damaged: Int
  package let failedWrites: Int
}
