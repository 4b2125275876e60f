import Files
package import Encoders
import LinearAlgebra
package import Scheduling

/// Answers queries to fields, beside the jobs that encode and with priority over them.
package final class QueryService: Sendable {
  let fields: FieldService
  package let queue: JobQueue
  let threads: ThreadPool
  private let derivations = SingleFlight<DerivedName, any DerivedValue>()

  init(fields: FieldService, queue: JobQueue, threads: ThreadPool) {
    self.fields = fields
    self.queue = queue
    self.threads = threads
  }

  /// Answers a request about an image; its jobs are scheduled for their owner.
  ///
  /// Throws `FeaturizationError`, `JobError`, or `CancellationError` when the task is cancelled.
  package func answer(
    _ source: FieldSource, _ request: FeatureRequest, for owner: Owner = .anonymous,
    progress: WorkProgress = WorkProgress()
  ) async throws -> Answer {
    fields.cache.note(source.record)
    return try await answer(
      Query(request, of: source, base: nil, nil, for: owner, progress, by: self))
  }

  /// Answers a request about a field that is stored, or whose image is; `payload` is the posted
  /// body.
  ///
  /// Throws as for an image.
  package func answer(
    _ field: FieldRecord, _ request: FeatureRequest, _ payload: QueryPayload? = nil,
    for owner: Owner = .anonymous
  ) async throws -> Answer {
    let record = field.with(request: request.field)
    fields.cache.note(record)
    let source = FieldSource(record: record, image: .kept(record.image), plan: nil)
    return try await answer(
      Query(request, of: source, base: field, payload, for: owner, WorkProgress(), by: self))
  }

  private func answer(_ query: Query) async throws -> Answer {
    let (request, record) = (query.request, query.record)
    let name = try await queue.run { record.name(of: request, with: query.payload?.digest) }
    let rendering = try await request.output.prepare(query)
    var stages = Stages(after: query.timings)
    let reservation = try await Reservation(
      in: queue,
      .init(seconds: 0.1, bytes: rendering.bytes + query.uncountedBytes, owner: query.owner))
    defer { reservation.finish() }
    let rendered = try await queue.run { [threads] in
      try rendering.make(
        OutputEncoder(
          request: request, record: record, threads: threads, reservation: reservation))
    }
    stages.end(rendered.stage)
    return Answer(
      name: name, field: record.name, model: record.request.model,
      precision: record.request.encodeOptions.precision.rawValue, shape: rendered.shape,
      format: request.format, loss: rendered.loss, timings: stages.timings, body: rendered.body)
  }

  /// A derived value of a field, computed once for all concurrent and later requests.
  func derived<Value: DerivedValue>(
    of record: FieldRecord, _ grid: Places.Grid,
    _ make: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    let name = DerivedName(Value.self, of: record.name, grid)
    if let here: Value = fields.cache.derivedInMemory(name) { return here }
    let found = try await derivations.value(for: name) { [queue, fields] in
      let made = try await queue.run(make)
      fields.cache.hold(made, as: name)
      return made
    }
    guard let value = found as? Value else {
      preconditionFailure("\(type(of: found)) under the name of \(Value.self)")
    }
    return value
  }
}
