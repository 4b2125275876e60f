package import Features
import Fields
import ImageCodecs
import Imaging
package import Jobs
package import LinearAlgebra

/// Carries an image's bytes to its features: header, plan, place in the queue, pixels, views,
/// tokens, field, answer.
package final class Featurizer: Sendable {
  package let models: Models
  package let queue: JobQueue
  package let limits: FeaturizationLimits
  private let workers: Workers
  private let pace: Pace
  private let observe: @Sendable (Event) -> Void

  /// What an operator may want to know of the work beside its answers.
  package enum Event: Sendable, Hashable {
    /// A computation that nobody waited for any more ended.
    ///
    /// Transformer blocks over all views: those computed, all that there would have been, and
    /// those that were under way when the wish to end came.
    case cancelled(blocks: Int, of: Int, late: Int)
  }

  /// `observe` is told of events on whatever thread they happen.
  package init(
    models: Models, queue: JobQueue, limits: FeaturizationLimits, workers: Workers,
    observe: @escaping @Sendable (Event) -> Void = { _ in }
  ) {
    self.models = models
    self.queue = queue
    self.limits = limits
    self.workers = workers
    pace = Pace(threads: workers.count)
    self.observe = observe
  }

  /// What a request will take; only the image's header is read.
  package func plan(
    _ image: [UInt8], _ request: FeatureRequest
  ) throws(FeaturizationError) -> Plan {
    let header: ImageHeader
    do {
      header = try probe(image, page: request.field.page, limits: limits.decoding)
    } catch {
      throw .image(error)
    }
    let model = try models.model(named: request.field.model)
    return try Plan(
      request, header: header, encoder: model.encoder, threads: workers.count, limits: limits)
  }

  /// Answers a request about an image.
  ///
  /// Throws `FeaturizationError`, `JobError`, or `CancellationError` when the task is cancelled:
  /// work then ends at the next transformer block.
  package func answer(
    _ image: [UInt8], _ request: FeatureRequest, progress: WorkProgress = WorkProgress()
  ) async throws -> Answer {
    // Weights may have to be read, which blocks: not on the threads that everybody shares.
    let plan = try await queue.run { [self] in try self.plan(image, request) }
    var stages = Stages()
    let place = try await Place(
      in: queue, .init(seconds: pace.seconds(for: plan.operations), bytes: plan.bytes))
    stages.end("queue")
    let waited = stages
    return try await withTaskCancellationHandler {
      defer { place.finish() }
      try Task.checkCancellation()
      do {
        return try await queue.run { [self] in
          try compute(image, plan, place, waited, progress)
        }
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
    _ image: [UInt8], _ plan: Plan, _ place: Place, _ waited: Stages, _ progress: WorkProgress
  ) throws -> Answer {
    var stages = waited
    stages.restart()
    let model = try models.model(named: plan.request.field.model)
    let input = try input(image, plan, card: model.encoder.card)
    stages.end("decode")
    let encodings = try model.encoder.encode(
      input, views: plan.views.map(\.view), plan.pass, on: workers, progress: progress)
    pace.learn(operations: plan.operations, took: stages.end("encode"))
    let names = AnswerNames(image: image, weights: model.digest, request: plan.request)
    let product = try Product(encodings, plan, card: model.encoder.card, workers, place)
    stages.end(product.stage)
    return Answer(
      digest: names.answer, field: names.field, model: model.encoder.card.name,
      shape: product.shape, mediaType: product.mediaType, fileExtension: product.fileExtension,
      timings: stages.timings, body: product.body)
  }

  private func input(
    _ image: [UInt8], _ plan: Plan, card: ModelCard
  ) throws(FeaturizationError) -> InputPlanes {
    let raster: Raster
    do {
      raster = try decode(image, page: plan.request.field.page, limits: limits.decoding)
    } catch {
      throw .image(error)
    }
    do {
      let intensities = try Intensities(raster, scale: plan.request.field.scale)
      return Normalization(mean: card.mean, deviation: card.std)(intensities, on: plan.canvas)
    } catch {
      switch error {
      case .notFinite(let samples): throw .notFinite(samples: samples)
      }
    }
  }
}

/// The time that each stage of one answer takes.
private struct Stages {
  private let clock = ContinuousClock()
  private var start: ContinuousClock.Instant
  private(set) var timings: [Answer.Timing] = []

  init() {
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
