package import Cache

/// The services of this module, put together.
package struct Services: Sendable {
  package let images: ImageStore
  package let fields: FieldService
  package let queries: QueryService
  private let disk: DiskStore?

  package init(_ configuration: Configuration) {
    disk = configuration.disk
    let budget = CacheBudget(total: configuration.memory)
    let cache = FieldCache(budget, disk: configuration.disk)
    images = ImageStore(
      budget: budget.images, disk: configuration.disk, limits: configuration.limits.decoding,
      threads: configuration.queryQueue)
    fields = FieldService(configuration, cache: cache, images: images)
    queries = QueryService(
      fields: fields, queue: configuration.queryQueue, threads: configuration.queryThreads)
  }

  package var models: Models { fields.models }

  /// The parts of a store on disk that are used.
  package static let namespaces = FieldCache.namespaces.union([ImageStore.namespace])

  /// Bytes of memory that are kept.
  package var cachedBytes: Int { fields.cache.memoryBytes + images.memoryBytes }

  /// Whether what is to be kept can be: the store's folder may be written to, or there is none.
  package var canKeep: Bool { disk?.isWritable ?? true }

  /// How the store on disk does; `nil` where there is none.
  package var diskReport: DiskReport? {
    disk.map { disk in
      let counts = disk.counts
      return DiskReport(
        bytes: disk.totalBytes, damaged: counts.damaged, failedWrites: counts.failedWrites)
    }
  }
}

/// How a store on disk does.
package struct DiskReport: Sendable, Hashable {
  package let bytes: Int
  /// Files that were not what was written.
  package let damaged: Int
  package let failedWrites: Int
}
