import Files
package import Encoders
import LinearAlgebra
package import Scheduling
import Tensors

/// Answers queries to fields, beside the jobs that encode and with priority over them.
package final class QueryService: Sendable {
  let fields: FieldService
  package let queue: JobQueue
  /// The queue of answers that hold memory while their clients read them.
  package let answers: JobQueue
  let threads: ThreadPool
  let classifiers: ClassifierStore
  let labels: LabelStore
  package let underWay = AnswersUnderWay()
  /// Answers that jobs made.
  private let kept: AnswerStore
  private let derivations = SingleFlight<DerivedName, any DerivedValue>()

  init(
    fields: FieldService, queue: JobQueue, answers: JobQueue, threads: ThreadPool,
    classifiers: ClassifierStore, labels: LabelStore, kept: AnswerStore
  ) {
    self.kept = kept
    self.classifiers = classifiers
    self.labels = labels
    self.fields = fields
    self.queue = queue
    self.answers = answers
    self.threads = threads
  }

  /// Answers a request about an image; its jobs are scheduled for their owner.
  ///
  /// Throws `FeaturizationError`, `JobError`, or `CancellationError` when the task is cancelled.
  package func answer(
    _ source: FieldSource, _ request: FeatureRequest, for owner: Owner = .anonymous,
    progress: WorkProgress = WorkProgress()
  ) async throws -> Answer {
    if let pages = request.pages {
      return try await answer(request, pages, of: source.record, source.image, for: owner, progress)
    }
    fields.cache.note(source.record)
    return try await answer(
      Query(request, of: source, base: nil, nil, for: owner, progress, by: self))
  }

  /// Answers a request about a field that is stored, or whose image is.
  ///
  /// `payload` is the posted body. Where `takesPartial`, the views that are there suffice. Throws as for an image, and `FeaturizationError.noViewYet`.
  package func answer(
    _ field: FieldRecord, _ request: FeatureRequest, _ payload: QueryPayload? = nil,
    for owner: Owner = .anonymous, takesPartial: Bool = false,
    progress: WorkProgress = WorkProgress()
  ) async throws -> Answer {
    let record = field.with(request: request.field)
    if payload == nil {
      let name = try await queue.run(for: owner) { record.name(of: request) }
      if let answer = try await kept.answer(named: name, for: owner) { return answer }
      // Others are asked only for what takes longer to make.
      if fields.encodedBytes(of: record) == nil, (try? await kept.isBrought(name)) == true,
        let answer = try await kept.answer(named: name, for: owner)
      {
        return answer
      }
    }
    if let pages = request.pages {
      // A label image is of one page.
      guard payload == nil else { throw FeaturizationError.severalPagesOfLabels }
      do {
        return try await answer(
          request, pages, of: record, .kept(record.image), for: owner, progress)
      } catch FeaturizationError.noSuchImage {
        throw FeaturizationError.fieldGone(record.name)
      }
    }
    // What is being made is known while it is, and no longer if it is given up.
    if fields.maker.making(record.name) == nil { fields.cache.note(record) }
    let source = FieldSource(record: record, image: .kept(record.image), plan: nil)
    return try await answer(
      Query(
        request, of: source, base: field, payload, for: owner, progress,
        takesPartial: takesPartial, by: self))
  }

  private func answer(_ query: Query) async throws -> Answer {
    try await underWay.during(query.owner, query.progress) { try await made(query) }
  }

  private func made(_ query: Query) async throws -> Answer {
    let (request, record) = (query.request, query.record)
    let name = try await queue.run(for: query.owner) {
      record.name(of: request, with: query.payload?.digest)
    }
    let rendering = try await request.output.prepare(query)
    var stages = Stages(after: query.timings)
    var bytes = rendering.bytes
    if bytes.readsLater {
      bytes.kept += query.uncountedBytes
    } else {
      bytes.making += query.uncountedBytes
    }
    // Jobs that hold kept bytes wait for bytes of making, never the other way round: no deadlock.
    let memory = try await AnswerMemory(
      queries: queue, answers: answers, bytes: bytes.kept, owner: query.owner)
    let rendered = try await cancellably(bytes.making, query.owner) { [threads] shouldStop in
      try rendering.make(
        OutputEncoder(
          request: request, record: record, threads: threads, memory: memory,
          resolution: TIFFResolution(
            query.looked?.pixelSize, request.output.grid, of: request.field),
          shouldStop: shouldStop))
    }
    stages.end(rendered.stage)
    var looked = query.looked
    looked?.note(rendered.notice)
    return Answer(
      name: name, field: record.name, model: record.request.model,
      precision: record.request.encodeOptions.precision.rawValue, shape: rendered.shape,
      format: request.format, source: looked, loss: rendered.loss,
      classifier: rendered.classifier, views: query.views, timings: stages.timings,
      body: rendered.body,
      reservation: memory.reservation(of: rendered.body))
  }

  /// Runs work that needs so many bytes as a job of the queue.
  func inTurn<Value: Sendable>(
    bytes: Int, _ owner: Owner, _ work: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await queue.inTurn(.init(seconds: 0.1, bytes: bytes, owner: owner), work)
  }

  /// A derived value of a field, computed once for all concurrent and later requests; computing it
  /// needs so many bytes.
  func derived<Value: DerivedValue>(
    of record: FieldRecord, _ grid: Places.Grid, bytes: Int, _ owner: Owner,
    _ make: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await derived(DerivedName(Value.self, of: record.name, grid), bytes: bytes, owner, make)
  }

  /// A derived value under a name; computing it needs so many bytes.
  func derived<Value: DerivedValue>(
    _ name: DerivedName, bytes: Int, _ owner: Owner, _ make: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await derived(name) { [self] in try await inTurn(bytes: bytes, owner, make) }
  }

  /// A derived value under a name, computed once for all concurrent and later requests.
  func derived<Value: DerivedValue>(
    _ name: DerivedName, _ make: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    if let here: Value = fields.cache.derivedInMemory(name) { return here }
    let found = try await derivations.value(for: name) { [self] in
      let made = try await make()
      fields.cache.hold(made, as: name)
      return made
    }
    guard let value = found as? Value else {
      preconditionFailure("\(type(of: found)) under the name of \(Value.self)")
    }
    return value
  }
}
