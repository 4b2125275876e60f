import Encoders
import Fields
import ImageCodecs
import Imaging
import LinearAlgebra
import Scheduling

/// The costly part of a request: from an image's bytes to the encodings of its views, as a queued
/// job.
struct Computation: Sendable {
  private let models: ModelRegistry
  private let queue: JobQueue
  private let limits: FeaturizationLimits
  /// Where a field's tiles are kept while it is computed.
  private let tiles: @Sendable (FieldRecord, TileLayout) -> TileStore?
  private let observe: @Sendable (FieldEvent) -> Void

  init(
    models: ModelRegistry, queue: JobQueue, limits: FeaturizationLimits,
    tiles: @escaping @Sendable (FieldRecord, TileLayout) -> TileStore?,
    observe: @escaping @Sendable (FieldEvent) -> Void
  ) {
    self.models = models
    self.queue = queue
    self.limits = limits
    self.tiles = tiles
    self.observe = observe
  }

  /// What encoding an image will take, the digest of the weights, and what would encode it now.
  typealias Planned = (plan: Plan, weights: String, kernels: KernelSets)

  /// The plan of an image of which only the header is read.
  func plan(
    _ image: [UInt8], _ request: FieldRequest
  ) async throws -> Planned {
    let header = try await queue.run { [limits] () throws(FeaturizationError) in
      do throws(CodecError) {
        return try probe(image, page: request.page, limits: limits.decoding)
      } catch {
        throw .image(error)
      }
    }
    return try await plan(header, request)
  }

  /// The same of an image whose header is known.
  func plan(
    _ header: ImageHeader, _ request: FieldRequest
  ) async throws -> Planned {
    let model = try await models.lease(request.model).model
    let plan = try Plan(request, header: header, encoder: model.encoder, limits: limits)
    return (plan, model.digest, model.encoder.kernels(for: request.encodeOptions))
  }

  /// Reads an image's bytes each time that they are needed, so that a waiting job does not hold a
  /// kept image.
  typealias ImageReader = @Sendable () async throws -> [UInt8]

  /// Encodes an image as a job of the queue.
  ///
  /// Throws `FeaturizationError`, `JobError`, or `CancellationError` when the task is cancelled.
  func encode(
    _ record: FieldRecord, _ plan: Plan?, for owner: Owner, _ work: EncodingWork,
    image: @escaping ImageReader
  ) async throws -> FieldService.Encoded {
    try await inTurn(record, image, plan, owner, work.progress) { image, encoder, plan, waited in
      try compute(record, image, encoder, plan, waited, work)
    }
  }

  /// Hides parts of an image and reconstructs them, as a job of the queue.
  ///
  /// Throws as `encode` does.
  func reconstruct(
    _ record: FieldRecord, _ plan: Plan?, seed: UInt32, for owner: Owner,
    _ progress: WorkProgress, image: @escaping ImageReader
  ) async throws -> Painted {
    try await inTurn(record, image, plan, owner, progress) { image, encoder, plan, waited in
      try paint(record, image, encoder, seed, plan, waited, progress)
    }
  }

  /// Waits in the queue, then works on one of its threads.
  private func inTurn<Work: Sendable>(
    _ record: FieldRecord, _ image: ImageReader, _ known: Plan?, _ owner: Owner,
    _ progress: WorkProgress,
    _ work: @escaping @Sendable ([UInt8], any Encoder, Plan, Stages) throws -> Work
  ) async throws -> Work {
    let (plan, imageBytes) = try await plan(known, of: image, record.request)
    let lease = try await lease(for: record)
    var stages = Stages()
    let reservation = try await Reservation(
      in: queue,
      .init(seconds: plan.seconds, bytes: plan.bytes + imageBytes, owner: owner))
    stages.end("queue")
    let waited = stages
    return try await withTaskCancellationHandler {
      defer { reservation.finish() }
      try Task.checkCancellation()
      let image = try await image()
      do {
        return try await queue.run(for: owner) {
          try withExtendedLifetime(lease) { try work(image, lease.model.encoder, plan, waited) }
        }
      } catch let error as EncoderError {
        throw FeaturizationError.encoder(error)
      } catch let error as CancellationError {
        let (done, total) = progress.blocks
        observe(.cancelled(blocks: done, of: total, late: progress.blocksAfterCancellation))
        throw error
      }
    } onCancel: {
      progress.cancel()
    }
  }

  /// The plan of a field, and the bytes of an image that has to be read again.
  private func plan(
    _ known: Plan?, of image: ImageReader, _ request: FieldRequest
  ) async throws -> (plan: Plan, imageBytes: Int) {
    if let known { return (known, 0) }
    let image = try await image()
    return (try await plan(image, request).plan, image.count)
  }

  /// The model that a record names, if its weights have not changed.
  func lease(for record: FieldRecord) async throws -> ModelLease {
    let lease = try await models.lease(record.request.model)
    guard lease.model.digest == record.weights,
      lease.model.encoder.makes(record.kernels, record.request.encodeOptions)
    else {
      throw FeaturizationError.fieldGone(record.name)
    }
    return lease
  }

  /// The blocking part, on a thread of the queue.
  private func compute(
    _ record: FieldRecord, _ image: [UInt8], _ encoder: any Encoder, _ plan: Plan,
    _ waited: Stages, _ work: EncodingWork
  ) throws -> FieldService.Encoded {
    var stages = waited
    stages.restart()
    let card = encoder.card
    var (intensities, source) = try read(image, plan)
    if let layout = plan.tiles { source.note(layout) }
    let outline = EncodedImage(
      record: record, canvas: plan.canvas, patch: card.cell(of: record.request.encodeOptions.block),
      unit: card.unit(for: record.request.fit), grey: intensities.greyLevels(of: plan.canvas),
      guide: nil, source: source, tiles: plan.tiles, encodings: [])
    stages.end("decode")
    let made =
      if let layout = plan.tiles {
        try encodeTiles(layout, intensities, outline, plan, encoder, work)
      } else {
        try encodeWhole(intensities, outline, plan, encoder, work)
      }
    stages.end("encode")
    return (made, stages.timings)
  }

  /// Encodes all views in one pass, or one after another where each is handed over.
  private func encodeWhole(
    _ intensities: Intensities, _ outline: EncodedImage, _ plan: Plan, _ encoder: any Encoder,
    _ work: EncodingWork
  ) throws -> EncodedImage {
    let (card, request) = (encoder.card, outline.record.request)
    let input = Normalization(mean: card.mean, deviation: card.std)(intensities, on: plan.canvas)
    let views = plan.views.map(\.view)
    let handsOver = work.handsOver && request.upsampling != .jbu
    if handsOver { work.progress.expectAll(views.count * (request.encodeOptions.block + 1)) }
    var stored: [StoredEncoding] = []
    for batch in handsOver ? views.map({ [$0] }) : [views] {
      var encodings = try encoder.encode(
        EncodingBatch(
          input, views: batch, request.encodeOptions, kernels: outline.record.kernels),
        progress: work.progress)
      // In sequence, so that no two views' vectors exist twice at the same time.
      for view in batch {
        stored.append(
          StoredEncoding(encodings.removeFirst(), of: view, as: request.storageType))
      }
      if handsOver { work.deliver(outline.with(stored)) }
    }
    return outline.with(stored, guide: request.upsampling == .jbu ? input : nil)
  }

  /// Encodes each view in tiles, one after another.
  private func encodeTiles(
    _ layout: TileLayout, _ intensities: Intensities, _ outline: EncodedImage, _ plan: Plan,
    _ encoder: any Encoder, _ work: EncodingWork
  ) throws -> EncodedImage {
    let (record, progress) = (outline.record, work.progress)
    let blocks = record.request.encodeOptions.block + 1
    progress.expectAll(layout.count * plan.views.count * blocks)
    let encoding = TiledEncoding(
      layout: layout, intensities: intensities, canvas: plan.canvas, request: record.request,
      encoder: encoder, kernels: record.kernels, progress: progress, store: tiles(record, layout))
    var stored: [StoredEncoding] = []
    for (view, _) in plan.views {
      guard !progress.isCancelled else { throw CancellationError() }
      stored.append(try encoding.encode(view))
      if work.handsOver { work.deliver(outline.with(stored)) }
    }
    return outline.with(stored)
  }

  /// Applies the model's upsampler to encodings, on the calling thread.
  func guided(_ image: EncodedImage, by lease: ModelLease) -> GuidedMap {
    guard let model = lease.model.encoder as? any GuidedEncoder, let guide = image.guide else {
      preconditionFailure("\(image.record.request.model) has no upsampler")
    }
    return withExtendedLifetime(lease) { model.guided(image.encodings[0].patches, by: guide) }
  }

  /// Bytes of the upsampler's weights for an image.
  func guidedBytes(of image: EncodedImage) -> Int {
    let doublings = models.card(named: image.record.request.model)?.upsampler?.doublings ?? 0
    let bytes = GuidedUpsampling.bytes(of: image.encodings[0].grid, doublings: doublings)
    return bytes ?? limits.guideBytes
  }

  /// An image whose hidden parts were reconstructed, with the loss.
  struct Painted: Sendable {
    let picture: Raster
    let source: SourceDescription
    let loss: Double
    let stages: [Answer.Timing]
  }

  private func paint(
    _ record: FieldRecord, _ image: [UInt8], _ encoder: any Encoder, _ seed: UInt32,
    _ plan: Plan, _ waited: Stages, _ progress: WorkProgress
  ) throws -> Painted {
    var stages = waited
    stages.restart()
    guard let model = encoder as? any Autoencoder, let decoder = model.card.decoder
    else { preconditionFailure("\(record.request.model) paints nothing") }
    // The model sees the parts that are shown all at once.
    guard plan.tiles == nil else { throw FeaturizationError.tilesNotSupported }
    let normalization = Normalization(mean: model.card.mean, deviation: model.card.std)
    let (intensities, source) = try read(image, plan)
    let input = normalization(intensities, on: plan.canvas)
    stages.end("decode")
    let hidden = hiddenUnits(
      of: model.units(of: input.size).count, ratio: decoder.maskRatio, seed: seed)
    let found = try model.reconstruct(input, hidden: hidden, progress: progress)
    guard let found else { preconditionFailure("\(record.request.model) paints nothing") }
    stages.end("reconstruct")
    let shown = plan.canvas.shown
    return Painted(
      picture: normalization.picture(of: found.painted)
        .cropped(0..<shown.height, 0..<shown.width),
      source: source, loss: found.loss, stages: stages.timings)
  }

  /// The image's grey levels or colours, resized as requested, and what was looked at.
  func read(
    _ image: [UInt8], _ plan: Plan
  ) throws(FeaturizationError) -> (Intensities, SourceDescription) {
    try ImageReading(plan.request, limits: limits.decoding).intensities(
      image, resizedTo: plan.canvas.source)
  }
}

/// Measures the stages of one answer.
struct Stages {
  private let clock = ContinuousClock()
  private var start: ContinuousClock.Instant
  private(set) var timings: [Answer.Timing]

  init(after earlier: [Answer.Timing] = []) {
    timings = earlier
    start = clock.now
  }

  mutating func restart() {
    start = clock.now
  }

  @discardableResult
  mutating func end(_ stage: String) -> Duration {
    let duration = clock.now - start
    timings.append(Answer.Timing(stage: stage, duration: duration))
    start = clock.now
    return duration
  }
}
