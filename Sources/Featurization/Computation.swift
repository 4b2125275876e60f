import Features
import ImageCodecs
import Imaging
import Jobs
import LinearAlgebra

/// The costly part: from an image's bytes to the encodings of its views, as a job in the line.
struct Computation: Sendable {
  private let models: Models
  private let queue: JobQueue
  private let limits: FeaturizationLimits
  private let workers: Workers
  private let pace: Pace
  private let observe: @Sendable (Featurizer.Event) -> Void

  init(
    models: Models, queue: JobQueue, limits: FeaturizationLimits, workers: Workers,
    observe: @escaping @Sendable (Featurizer.Event) -> Void
  ) {
    self.models = models
    self.queue = queue
    self.limits = limits
    self.workers = workers
    self.observe = observe
    pace = Pace(threads: workers.count)
  }

  func plan(
    _ image: [UInt8], _ request: FieldRequest
  ) throws(FeaturizationError) -> Plan {
    let header: ImageHeader
    do {
      header = try probe(image, page: request.page, limits: limits.decoding)
    } catch {
      throw .image(error)
    }
    let model = try models.model(named: request.model)
    return try Plan(
      request, header: header, encoder: model.encoder, threads: workers.count, limits: limits)
  }

  /// Waits for a runner, then encodes.
  ///
  /// Throws `FeaturizationError`, `JobError`, or `CancellationError` when the task is cancelled.
  func encode(
    _ record: FieldRecord, _ image: [UInt8], for owner: Owner, _ progress: WorkProgress
  ) async throws -> Featurizer.Encoded {
    let plan = try await queue.run { try self.plan(image, record.request) }
    var stages = Stages()
    let place = try await Place(
      in: queue,
      .init(seconds: pace.seconds(for: plan.operations), bytes: plan.bytes, owner: owner))
    stages.end("queue")
    let waited = stages
    return try await withTaskCancellationHandler {
      defer { place.finish() }
      try Task.checkCancellation()
      do {
        return try await queue.run { try compute(record, image, plan, waited, progress) }
      } catch let error as CancellationError {
        let (done, total) = progress.blocks
        observe(.cancelled(blocks: done, of: total, late: progress.blocksAfterCancellation))
        throw error
      }
    } onCancel: {
      progress.cancel()
    }
  }

  /// The blocking part, on a thread of the queue's.
  private func compute(
    _ record: FieldRecord, _ image: [UInt8], _ plan: Plan, _ waited: Stages,
    _ progress: WorkProgress
  ) throws -> Featurizer.Encoded {
    var stages = waited
    stages.restart()
    let model = try models.model(named: record.request.model)
    guard model.digest == record.weights else {
      throw FeaturizationError.fieldGone(record.name)
    }
    let card = model.encoder.card
    let intensities = try intensities(image, plan)
    let input = Normalization(mean: card.mean, deviation: card.std)(intensities, on: plan.canvas)
    stages.end("decode")
    let encodings = try model.encoder.encode(
      input, views: plan.views.map(\.view), record.request.pass, on: workers, progress: progress)
    pace.learn(operations: plan.operations, took: stages.end("encode"))
    let made = EncodedImage(
      record: record, canvas: plan.canvas, patch: card.patch,
      grey: intensities.greyLevels(of: plan.canvas),
      encodings: encodings.map { KeptEncoding($0, as: record.request.grids) })
    return (made, stages.timings)
  }

  /// The image's grey levels or colours, in the size that is asked for.
  private func intensities(
    _ image: [UInt8], _ plan: Plan
  ) throws(FeaturizationError) -> Intensities {
    var raster: Raster
    do {
      raster = try decode(image, page: plan.request.page, limits: limits.decoding)
    } catch {
      throw .image(error)
    }
    if raster.size != plan.canvas.source { raster = raster.resized(to: plan.canvas.source) }
    do {
      return try Intensities(raster, scale: plan.request.scale)
    } catch {
      switch error {
      case .notFinite(let samples): throw .notFinite(samples: samples)
      }
    }
  }
}

/// The time that each stage of one answer takes.
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
