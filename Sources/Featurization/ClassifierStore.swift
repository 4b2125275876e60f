import Cache
package import Files
package import Scheduling
package import Segmentation

/// A classifier of pixels or of whole images.
package enum KeptClassifier: Sendable {
  case pixels(Classifier)
  case images(ImageClassifier)

  /// Reads the file of either.
  package init(file: [UInt8]) throws(SegmentationError) {
    self =
      ImageClassifier.isOne(file)
      ? .images(try ImageClassifier(file: file)) : .pixels(try Classifier(file: file))
  }

  package var id: Digest {
    switch self {
    case .pixels(let classifier): classifier.id
    case .images(let classifier): classifier.id
    }
  }

  package var file: [UInt8] {
    switch self {
    case .pixels(let classifier): classifier.file
    case .images(let classifier): classifier.file
    }
  }
}

/// Classifiers by their digests: in memory, and on disk where there is a store.
package final class ClassifierStore: Sendable {
  static let namespace = Namespace("classifiers")

  private let disk: DiskStore?
  private let shared: SharedEntries?
  private let memory: MemoryCache<Digest, KeptClassifier>

  init(budget: CacheBudget, disk: DiskStore?, shared: SharedEntries?) {
    (self.disk, self.shared) = (disk, shared)
    memory = MemoryCache(budget: budget.classifiers)
  }

  /// Bytes of memory in use.
  var memoryBytes: Int { memory.totalBytes }

  /// The ids of kept classifiers, in no order.
  var names: [Digest] {
    Array(Set(memory.keys).union(disk?.keys(in: ClassifierStore.namespace) ?? []))
  }

  /// Keeps a classifier; reads and writes files, so call it on a queue's threads.
  package func keep(_ classifier: KeptClassifier) -> Digest {
    let (id, file) = (classifier.id, classifier.file)
    memory.keep(classifier, for: id, bytes: file.count)
    disk?.write(file, for: id, in: ClassifierStore.namespace)
    return id
  }

  package func keep(_ classifier: Classifier) -> Digest { keep(.pixels(classifier)) }

  /// The classifier of an id, of whichever kind.
  ///
  /// Throws `FeaturizationError.noSuchClassifier`.
  package func kept(_ id: Digest) throws(FeaturizationError) -> KeptClassifier {
    if let here = memory.value(for: id) { return here }
    guard let file = disk?.read(id, in: ClassifierStore.namespace),
      let classifier = try? KeptClassifier(file: file)
    else { throw .noSuchClassifier(id) }
    memory.keep(classifier, for: id, bytes: file.count)
    return classifier
  }

  /// A classifier of pixels.
  ///
  /// Throws `FeaturizationError.noSuchClassifier` and `otherClassifier`.
  package func classifier(_ id: Digest) throws(FeaturizationError) -> Classifier {
    guard case .pixels(let classifier) = try kept(id) else {
      throw .otherClassifier(id, isOfImages: true)
    }
    return classifier
  }

  /// A classifier of whole images.
  ///
  /// Throws as the above.
  func imageClassifier(_ id: Digest) throws(FeaturizationError) -> ImageClassifier {
    guard case .images(let classifier) = try kept(id) else {
      throw .otherClassifier(id, isOfImages: false)
    }
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
    if memory.value(for: id) == nil, let shared {
      _ = try await shared.bring(id, in: ClassifierStore.namespace)
    }
    return try await queue.run { [self] in try classifier(id) }
  }

  /// Gives a classifier that is here to the machines that share.
  ///
  /// Throws `FeaturizationError.sharedStoreAway`.
  package func publish(_ id: Digest) async throws {
    try await shared?.publish(id, in: ClassifierStore.namespace)
  }
}
