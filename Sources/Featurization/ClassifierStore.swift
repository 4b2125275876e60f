import Cache
package import Files
package import Scheduling
package import Segmentation

/// Classifiers by their digests: in memory, and on disk where there is a store.
package final class ClassifierStore: Sendable {
  static let namespace = Namespace("classifiers")

  private let disk: DiskStore?
  private let memory: MemoryCache<Digest, Classifier>

  init(budget: CacheBudget, disk: DiskStore?) {
    self.disk = disk
    memory = MemoryCache(budget: budget.classifiers)
  }

  /// Bytes of memory in use.
  var memoryBytes: Int { memory.totalBytes }

  /// Keeps a classifier; reads and writes files, so call it on a queue's threads.
  package func keep(_ classifier: Classifier) -> Digest {
    let (id, file) = (classifier.id, classifier.file)
    memory.keep(classifier, for: id, bytes: file.count)
    disk?.write(file, for: id, in: ClassifierStore.namespace)
    return id
  }

  /// The classifier of an id.
  ///
  /// Throws `FeaturizationError.noSuchClassifier`.
  package func classifier(_ id: Digest) throws(FeaturizationError) -> Classifier {
    if let here = memory.value(for: id) { return here }
    guard let file = disk?.read(id, in: ClassifierStore.namespace),
      let classifier = try? Classifier(file: file)
    else { throw .noSuchClassifier(id) }
    memory.keep(classifier, for: id, bytes: file.count)
    return classifier
  }

  /// Removes a classifier.
  ///
  /// Throws `FeaturizationError.noSuchClassifier`.
  package func remove(_ id: Digest) throws(FeaturizationError) {
    let wasHere = memory.value(for: id) != nil
    memory.remove(id)
    let wasOnDisk = disk?.remove(id, in: ClassifierStore.namespace) ?? false
    guard wasHere || wasOnDisk else { throw .noSuchClassifier(id) }
  }
}

extension ClassifierStore {
  /// The same on a queue's threads.
  package func classifier(_ id: Digest, on queue: JobQueue) async throws -> Classifier {
    try await queue.run { [self] in try classifier(id) }
  }
}
