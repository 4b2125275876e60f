package import Files
package import Encoders
import LinearAlgebra
import ImageCodecs
package import Scheduling

/// Computes, names and caches the encodings of fields.
package final class FieldService: Sendable {
  package let models: ModelRegistry
  package let limits: FeaturizationLimits
  /// The default precision, and the meaning of precisions' names.
  package let precisions: PrecisionNames
  /// The storage type of all fields.
  package let storageType: FieldRequest.StorageType
  /// The queue of jobs that encode.
  package let queue: JobQueue
  let cache: FieldCache
  let images: ImageStore
  let shared: SharedEntries?
  let computation: Computation
  /// The queue whose threads read and write files.
  let storage: JobQueue
  let observe: @Sendable (FieldEvent) -> Void
  private let flights = SingleFlight<Digest, Encoded>()
  let works = EncodingsUnderWay()
  let maker: FieldMaker

  /// An encoded image with the stages of its computation, empty if it was cached.
  typealias Encoded = (image: EncodedImage, stages: [Answer.Timing])

  init(
    _ configuration: Configuration, cache: FieldCache, images: ImageStore, shared: SharedEntries?
  ) {
    self.shared = shared
    models = configuration.models
    limits = configuration.limits
    precisions = configuration.precisions
    storageType = configuration.storageType
    queue = configuration.queue
    storage = configuration.queryQueue
    observe = configuration.observe
    self.cache = cache
    self.images = images
    // As many as the queue takes in beside those who wait for theirs.
    let room = configuration.queue.limits.runners + configuration.queue.limits.waiting
    maker = FieldMaker(limits: FieldsUnderWay.Limits(makings: room))
    computation = Computation(
      models: models, queue: queue, limits: limits, tiles: cache.tiles, observe: observe)
  }

  /// A request about an image, with the server's defaults.
  package func request(
    _ options: [(name: String, value: String)], among outputs: [OutputKind] = OutputKind.ofImages
  ) throws(ParameterError) -> FeatureRequest {
    try FeatureRequest(
      options, among: outputs, cards: models.cards, defaultModel: models.defaultName,
      precisions: precisions,
      storageType: storageType, tiling: .beyond(tokens: limits.tokens))
  }

  /// A request about a stored field, which supplies the defaults.
  package func request(
    _ options: [(name: String, value: String)], among outputs: [OutputKind], of field: FieldRecord,
    card: ModelCard
  ) throws(ParameterError) -> FeatureRequest {
    try FeatureRequest(
      options, among: outputs, of: field.request, card: card, precisions: precisions)
  }

  /// Predicts a field's cost from the image's header.
  package func plan(_ image: [UInt8], _ request: FieldRequest) async throws -> Plan {
    try await computation.plan(image, request).plan
  }

  /// Determines the id of the field of an image, from the digests of image, request and weights.
  ///
  /// Throws for a header or model that computing it would refuse.
  package func source(
    _ image: ImageSource, _ request: FieldRequest
  ) async throws -> FieldSource {
    let plan: Plan?
    let (weights, kernels): (String, KernelSets)
    switch image {
    case .bytes(let bytes):
      let planned = try await computation.plan(bytes, request.encodings)
      (plan, weights, kernels) = planned
    case .kept:
      let model = try await models.lease(request.model).model
      (plan, weights) = (nil, model.digest)
      kernels = model.encoder.kernels(for: request.encodeOptions)
    }
    // Computing a digest takes long: not on the cooperative threads.
    let digest = try await queue.run { image.digest() }
    let record = FieldRecord(
      image: digest, weights: weights, request: request, kernels: kernels)
    return FieldSource(record: record, image: image, plan: plan)
  }

  /// Encodes an image and stores the field.
  ///
  /// Returns the stages of its computation, empty if it was stored already. Throws
  /// `FeaturizationError`, `JobError`, or `CancellationError`.
  package func keep(
    _ source: FieldSource, for owner: Owner = .anonymous, handingOver: Bool = false
  ) async throws -> (field: FieldDescription, stages: [Answer.Timing]) {
    let record = source.record
    if case .bytes(let bytes) = source.image {
      try await images.keep(bytes, of: record, from: owner.client)
    }
    let (encoded, stages) = try await encoded(source, for: owner, handingOver: handingOver)
    try await storage.run { [cache] in cache.keep(record, encoded, isNew: !stages.isEmpty) }
    maker.forget(record.name)
    return (FieldDescription(record, encoded), stages)
  }

  /// The record of a field's id.
  ///
  /// Throws `FeaturizationError.noSuchField`.
  package func record(of id: Digest) async throws -> FieldRecord {
    if let making = maker.making(id) { return making.record }
    var record = try await storage.run { [cache] in cache.record(of: id) }
    if record == nil, let shared, try await shared.bring(id, in: FieldCache.fields) {
      record = try await storage.run { [cache] in cache.record(of: id) }
    }
    guard let record else { throw FeaturizationError.noSuchField(id) }
    return record
  }

  /// Describes a stored field; missing encodings are recomputed.
  package func describe(
    _ record: FieldRecord, for owner: Owner = .anonymous
  ) async throws -> FieldDescription {
    FieldDescription(record, try await kept(record, base: record, for: owner).image)
  }
}

// MARK: Encodings

extension FieldService {
  /// The encodings of a field, cached or computed once for all concurrent requests.
  ///
  /// `base` is a field of which a part may suffice. A computation without waiting requests ends at
  /// the next transformer block. With `handingOver`, views that are there may be asked before the
  /// others are.
  func encoded(
    _ source: FieldSource, base: FieldRecord? = nil, for owner: Owner,
    progress: WorkProgress = WorkProgress(), handingOver: Bool = false
  ) async throws -> Encoded {
    let wanted = source.record.encodings
    if let here = cache.encodedInMemory(wanted) {
      observe(.found(.memory))
      return (here, [])
    }
    var whole = base?.encodings
    if let known = whole, !wanted.request.isPart(of: known.request) { whole = nil }
    if let whole, let here = cache.encodedInMemory(whole) {
      observe(.found(.memory))
      return (try await part(wanted.request, of: here, owner), [])
    }
    return try await flights.value(for: wanted.name) { [self, whole] in
      let stored = try await stored(wanted, orPartOf: whole, owner)
      observe(.found(stored == nil ? .nowhere : .disk))
      if let stored { return (stored, []) }
      let work = EncodingWork(progress, for: owner, handsOver: handingOver)
      works.begin(wanted, work)
      defer { works.end(wanted, work) }
      let made = try await computation.encode(
        wanted, source.plan, for: owner, work,
        image: images.reader(of: source.image, for: owner))
      cache.hold(made.image)
      return made
    }
  }

  /// A part of encodings; what had to be copied is held, for it is asked for again.
  private func part(
    _ request: FieldRequest, of whole: EncodedImage, _ owner: Owner
  ) async throws -> EncodedImage {
    guard request.encodeOptions != whole.record.request.encodeOptions else {
      return whole.part(request)
    }
    return try await storage.inTurn(.init(seconds: 0.1, bytes: whole.bytes, owner: owner)) {
      [cache] in
      let part = whole.part(request)
      cache.hold(part)
      return part
    }
  }

  /// The encodings of a stored field; its image may be missing, and the request brings none.
  ///
  /// Recomputed encodings of a permanent field are stored again.
  func kept(
    _ record: FieldRecord, base: FieldRecord, for owner: Owner,
    progress: WorkProgress = WorkProgress()
  ) async throws -> Encoded {
    do {
      let source = FieldSource(record: record, image: .kept(record.image), plan: nil)
      let encoded = try await encoded(source, base: base, for: owner, progress: progress)
      if !encoded.stages.isEmpty {
        try await storage.run { [cache] in cache.mend(record, encoded.image) }
      }
      return encoded
    } catch FeaturizationError.noSuchImage {
      throw FeaturizationError.fieldGone(record.name)
    }
  }

  /// The first view of a stored field, where that needs no encoding.
  func firstViewAtHand(
    of record: FieldRecord, for owner: Owner
  ) async throws -> EncodedImage? {
    let (first, whole) = (
      record.with(request: record.request.identityAlone).encodings, record.encodings
    )
    if let part = cache.encodedInMemory(whole)?.part(first.request) { return part }
    return try await stored(first, orPartOf: whole, owner)
  }

  /// The encodings from disk; what is read and the numbers in it are held meanwhile.
  private func stored(
    _ record: FieldRecord, orPartOf whole: FieldRecord?, _ owner: Owner
  ) async throws -> EncodedImage? {
    if cache.encodedInMemory(record) == nil, let shared {
      // What cannot be had is computed.
      _ = try? await shared.bring(record.name, in: FieldCache.encodings)
    }
    let bytes = [record, whole].compactMap { $0 }.compactMap(cache.bytesOnDisk).max()
    guard let bytes else { return cache.encodedInMemory(record) }
    return try await storage.inTurn(.init(seconds: 0.1, bytes: 2 * bytes, owner: owner)) {
      [cache] in
      cache.encodedInMemory(record) ?? cache.encodedOnDisk(record)
        ?? whole.flatMap { cache.encodedOnDisk($0)?.part(record.request) }
    }
  }
}
