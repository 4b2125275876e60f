package import Cache
package import Files
package import Encoders
package import Featurization
import ImageCodecs
import LinearAlgebra
package import Scheduling

/// A featurizer on stub encoders, with everything that it stands on.
///
/// It knows four models: `stub14` by default, `stub16`, `missing` without a file and `broken` with
/// one that is not what its card says.
package final class StubFeaturizer: Sendable {
  package static let cards: [ModelCard] = [
    .stub(), .stub(name: "stub16", patch: 16), .stub(name: "missing"), .stub(name: "broken"),
  ]

  /// Bytes that each takes.
  package static let modelBytes = 1 << 20

  /// A queue with room for all jobs of a test.
  package static func queue(
    for purpose: JobQueue.Purpose, runners: Int, memory: MemoryReserve = MemoryReserve()
  ) -> JobQueue {
    JobQueue(
      for: purpose, limits: .init(runners: runners, waiting: 1000, heldBytes: 1 << 30),
      memory: memory)
  }

  package let services: Services
  /// Passed by every block of every view.
  package let gate: Gate
  /// Names of models in the order of their loading.
  package let loads: Box<[String]>
  /// The cancellations that the featurizer told its observer.
  package let events: Box<[FieldEvent]>
  /// Is told all that the observer is.
  package let listener: Box<@Sendable (FieldEvent) -> Void>

  package init(
    workers count: Int = 2, gate: Gate = Gate(isOpen: true), digest: String = "weights",
    operationsPerPatch: Double = 1e6,
    line: AdmissionQueue.Limits = AdmissionQueue.Limits(runners: 2, waiting: 4, heldBytes: 1 << 30),
    queries: JobQueue? = nil, answers: JobQueue? = nil,
    now: @escaping @Sendable () -> AdmissionQueue.Instant = { ContinuousClock().now },
    limits: FeaturizationLimits = .tests,
    memory: Int = 1 << 26, disk: DiskStore? = nil, shared: (any SharedStore)? = nil,
    reserve: MemoryReserve = MemoryReserve(),
    cards: [ModelCard] = StubFeaturizer.cards
  ) {
    self.gate = gate
    let team = Team([ThreadPool(count: count), ThreadPool(count: count)], gate)
    let loads = Box<[String]>([])
    let events = Box<[FieldEvent]>([])
    let listener = Box<@Sendable (FieldEvent) -> Void>({ _ in })
    (self.loads, self.events, self.listener) = (loads, events, listener)
    let workers = team.workers[0]
    let models = ModelRegistry(
      cards: cards, defaultName: "stub14", budget: 1 << 30, waiting: 1000,
      bytes: { $0.name == "missing" ? nil : StubFeaturizer.modelBytes },
      load: { card throws(FeaturizationError) in
        loads.update { $0.append(card.name) }
        if card.name == "broken" {
          throw .weightsRefused(model: card.name, reason: "/secret/path has another digest")
        }
        let encoder = StubEncoder(
          card: card, operationsPerPatch: operationsPerPatch, gate: gate, workers: workers)
        return LoadedModel(
          encoder: encoder, digest: digest, bytes: StubFeaturizer.modelBytes)
      })
    let configuration = Configuration(
      models: models, limits: limits, queue: JobQueue(limits: line, memory: reserve, now: now),
      queryQueue: queries ?? Self.queue(for: .queries, runners: 4, memory: reserve),
      answerQueue: answers ?? Self.queue(for: .answers, runners: 1000, memory: reserve),
      queryThreads: team.workers[1], memory: memory, disk: disk,
      shared: shared,
      observe: { [team] event in
        _ = team
        if case .cancelled = event { events.update { $0.append(event) } }
        listener.value(event)
      })
    services = Services(configuration)
  }
}

/// Workers that are let go with the last featurizer that may need them.
private final class Team: Sendable {
  let workers: [ThreadPool]
  private let gate: Gate

  init(_ workers: [ThreadPool], _ gate: Gate) {
    self.workers = workers
    self.gate = gate
  }

  deinit {
    gate.open()
    for workers in workers { workers.close() }
  }
}

extension Services {
  /// Answers a request about an image.
  package func answer(
    _ image: ImageSource, _ request: FeatureRequest, progress: WorkProgress = WorkProgress()
  ) async throws -> Answer {
    let source = try await fields.source(image, request.field)
    return try await queries.answer(source, request, progress: progress)
  }

  /// The same about an image's bytes.
  package func answer(
    _ image: [UInt8], _ request: FeatureRequest, progress: WorkProgress = WorkProgress()
  ) async throws -> Answer {
    try await answer(.bytes(image), request, progress: progress)
  }

  /// Answers a request about a field that is kept.
  package func answer(
    _ field: FieldRecord, _ request: FeatureRequest, posted: QueryPayload? = nil
  ) async throws -> Answer {
    try await queries.answer(field, request, posted)
  }

  /// Makes a field and keeps it.
  package func keep(
    _ image: ImageSource, _ request: FieldRequest
  ) async throws -> (field: FieldDescription, stages: [Answer.Timing]) {
    try await fields.keep(try await fields.source(image, request))
  }

  package func record(of image: ImageSource, _ request: FieldRequest) async throws -> FieldRecord {
    try await fields.source(image, request).record
  }

  package func record(of id: Digest) async throws -> FieldRecord {
    try await fields.record(of: id)
  }
}

extension FeaturizationLimits {
  /// Small enough that tests can pass each.
  package static let tests = FeaturizationLimits(
    decoding: DecodingLimits(encodedBytes: 1 << 20, pixels: 1 << 18, side: 4096, pages: 20),
    tokens: 2000, views: 80, maxTflop: 0.1, points: 5000, jsonBytes: 1 << 20,
    guideBytes: 1 << 23)
}
