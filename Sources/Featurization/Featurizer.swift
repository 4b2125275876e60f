package import Digests
package import Encoders
import Fields
import ImageCodecs
import Imaging
package import Scheduling
package import LinearAlgebra
import Cache

/// Carries an image's bytes to its features: record, encodings, field, answer.
///
/// Encodings are costly and made once, by jobs that wait in a line; what is asked of them is cheap
/// and answered beside, by threads of its own.
package final class Featurizer: Sendable {
  package let models: Models
  /// Of the jobs that encode.
  package let queue: JobQueue
  package let limits: FeaturizationLimits
  package let fieldCache: FieldCache
  let computation: Computation
  /// Of the questions to what is encoded.
  package let questions: JobQueue
  let readers: ThreadPool
  /// Of requests that name none.
  package let precision: Precision
  /// Of all requests.
  package let storageType: FieldRequest.StorageType
  private let observe: @Sendable (Event) -> Void
  private let flights = SingleFlight<Digest, Encoded>()
  let derivations = SingleFlight<Derived.Name, Derived>()

  /// An encoded image and how long its making took, if it was made now.
  typealias Encoded = (image: EncodedImage, stages: [Answer.Timing])

  /// What an operator may want to know of the work beside its answers.
  package enum Event: Sendable, Hashable {
    /// A computation that nobody waited for any more ended.
    ///
    /// Transformer blocks over all views: those computed, all that there would have been, and
    /// those that were under way when the wish to end came.
    case cancelled(blocks: Int, of: Int, late: Int)
    /// Encodings were asked for, and were there, or have to be made.
    case found(CacheLevel)

    package enum CacheLevel: Sendable, Hashable { case memory, disk, nowhere }
  }

  /// `workers` encode, `readers` answer questions; `observe` is told of events on whatever thread
  /// they happen.
  package init(
    models: Models, queue: JobQueue, questions: JobQueue, limits: FeaturizationLimits,
    fieldCache: FieldCache, workers: ThreadPool, readers: ThreadPool,
    precision: Precision = .float32,
    storageType: FieldRequest.StorageType = .float32,
    observe: @escaping @Sendable (Event) -> Void = { _ in }
  ) {
    self.models = models
    self.queue = queue
    self.questions = questions
    self.limits = limits
    self.fieldCache = fieldCache
    self.readers = readers
    self.precision = precision
    self.storageType = storageType
    self.observe = observe
    computation = Computation(
      models: models, queue: queue, limits: limits, workers: workers, observe: observe)
  }

  /// What a field will take; only the image's header is read.
  package func plan(
    _ image: [UInt8], _ request: FieldRequest
  ) throws(FeaturizationError) -> Plan {
    try computation.plan(image, request)
  }

  /// What decides an answer: the digests of the image and of the model's weights.
  ///
  /// Throws what `answer` would for a header or a model that is refused.
  package func record(
    of image: ImageSource, _ request: FieldRequest
  ) async throws -> FieldRecord {
    // Digests and weights take their time: not on the threads that everybody shares.
    try await queue.run { [self] in
      if case .bytes(let bytes) = image { _ = try plan(bytes, request) }
      return FieldRecord(
        image: image.digest(), weights: try models.model(named: request.model).digest,
        request: request)
    }
  }

  /// Answers a request about an image; its jobs take their owner's turns.
  ///
  /// Throws `FeaturizationError`, `JobError`, or `CancellationError` when the task is cancelled:
  /// work that nobody else waits for then ends at the next transformer block.
  package func answer(
    _ image: ImageSource, _ request: FeatureRequest, for owner: Owner = .anonymous,
    progress: WorkProgress = WorkProgress()
  ) async throws -> Answer {
    let record = try await record(of: image, request.field)
    if request.output == .reconstruction {
      return try await reconstruct(record, image, request, for: owner, progress)
    }
    fieldCache.note(record)
    let encoded = try await encoded(record, image, for: owner, progress: progress)
    return try await ask(request, of: encoded, record, for: owner)
  }

  /// The encodings of a field: those that are here, or else made, once for all who ask meanwhile.
  ///
  /// `base` is a field whose first view may be all that is asked for.
  func encoded(
    _ record: FieldRecord, _ image: ImageSource, base: FieldRecord? = nil, for owner: Owner,
    progress: WorkProgress = WorkProgress()
  ) async throws -> Encoded {
    let wanted = record.encodings
    if let here = fieldCache.encodedInMemory(wanted) {
      observe(.found(.memory))
      return (here, [])
    }
    let whole = base?.encodings
    let isPart = whole?.request.identityAlone == wanted.request
    if isPart, let whole, let here = fieldCache.encodedInMemory(whole) {
      observe(.found(.memory))
      return (here.identityAlone, [])
    }
    return try await flights.value(for: wanted.name) { [self] in
      let kept = await readKept(wanted, orPartOf: isPart ? whole : nil)
      observe(.found(kept == nil ? .nowhere : .disk))
      if let kept { return (kept, []) }
      let made = try await computation.encode(
        wanted, try await bytes(of: image), for: owner, progress)
      fieldCache.hold(made.image)
      return made
    }
  }

  private func readKept(_ record: FieldRecord, orPartOf whole: FieldRecord?) async
    -> EncodedImage?
  {
    try? await questions.run { [fieldCache] in
      fieldCache.encodedInMemory(record) ?? fieldCache.encodedOnDisk(record)
        ?? whole.flatMap { fieldCache.encodedOnDisk($0)?.identityAlone }
    }
  }

  /// An image's bytes, from the store where it is only named.
  func bytes(of image: ImageSource) async throws -> [UInt8] {
    switch image {
    case .bytes(let bytes): return bytes
    case .kept(let digest):
      guard let bytes = try await questions.run({ [fieldCache] in fieldCache.image(digest) }) else {
        throw FeaturizationError.noSuchImage(digest)
      }
      return bytes
    }
  }
}

/// An image: its bytes, or the name of some that are kept.
package enum ImageSource: Sendable {
  case bytes([UInt8])
  case kept(Digest)

  /// Of the bytes, which takes a second for some gigabytes.
  func digest() -> Digest {
    switch self {
    case .bytes(let bytes): SHA256.digest(of: bytes)
    case .kept(let digest): digest
    }
  }
}

extension Digest {
  /// Reads an image's name, `sha256-` and the digits.
  package init?(imageName text: some StringProtocol) {
    guard text.hasPrefix("sha256-") else { return nil }
    self.init(hex: text.dropFirst(7))
  }

  /// The name of the image with this digest.
  package var imageName: String { "sha256-\(self)" }
}
