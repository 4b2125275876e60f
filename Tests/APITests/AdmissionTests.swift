import API
import Featurization
import HTTP1
import HTTPTypes
import Imaging
import Scheduling
import Support
import Testing

@Suite("Admission", .timeLimit(.minutes(2))) struct AdmissionTests {
  private func verdict(
    _ exchange: StubService, _ query: String?, framing: BodyFraming = .fixed(100),
    type: String? = nil, method: HTTPRequest.Method = .post, path: String = "/features"
  ) -> Admission {
    var fields: HTTPFields = [:]
    if let type { fields[.contentType] = type }
    return exchange.service.admit(
      RequestHead(
        method: method, target: RequestTarget(path: path, query: query), fields: fields,
        framing: framing))
  }

  private func status(_ admission: Admission) -> Int? {
    guard case .refuse(let response) = admission else { return nil }
    return response.status.code
  }

  private func bodyLimit(_ admission: Admission) -> Int? {
    guard case .accept(let exchange) = admission else { return nil }
    return exchange.bodyLimit
  }

  @Test func `Admission: a body within the limit is requested, with the limit`() {
    let exchange = StubService()
    for framing in [BodyFraming.none, .chunked, .fixed(0), .fixed(StubService.bodyLimit)] {
      let posted = verdict(exchange, nil, framing: framing)
      #expect(bodyLimit(posted) == StubService.bodyLimit, "\(framing)")
      let put = verdict(
        exchange, nil, framing: framing, method: .put, path: Resource.image.path())
      #expect(bodyLimit(put) == StubService.bodyLimit, "\(framing)")
    }
  }

  @Test(arguments: [1, 1000, Int.max - StubService.bodyLimit])
  func `Admission: a body that will be too large is refused before its first byte`(excess: Int) {
    let framing = BodyFraming.fixed(StubService.bodyLimit + excess)
    #expect(status(verdict(StubService(), nil, framing: framing)) == 413)
    #expect(status(verdict(StubService(), nil, framing: framing, type: Form.type)) == 413)
  }

  @Test(arguments: [
    "nonsense=1", "stride=0", "stride=1&stride=1", "model=none", "layer=3", "%zz=1", "=1",
    "output=cls&format=png",
  ])
  func `Admission: invalid options are refused before the body`(query: String) {
    #expect(status(verdict(StubService(), query)) == 400)
  }

  @Test func `Admission: a form's options may follow, so that only its query is checked early`() {
    let exchange = StubService()
    #expect(status(verdict(exchange, "format=png", type: Form.type)) == nil)
    #expect(status(verdict(exchange, "%zz", type: Form.type)) == 400)
  }

  @Test func `Admission: a full queue and a shutdown are reported before the body`() async throws {
    let gate = Gate()
    let stub = StubFeaturizer(
      workers: 1, gate: gate,
      line: AdmissionQueue.Limits(runners: 1, waiting: 1, heldBytes: 1 << 30))
    let exchange = StubService(stub)
    let image = try Raster.noise(20, 20).png()
    // Equal requests would share one computation.
    let others = try (2..<4).map { try Raster.noise(20, 20, seed: $0).png() }
    let tasks = others.map { other in Task { try await exchange.post("quality=draft", other) } }
    #expect(
      await eventually {
        let counts = stub.services.fields.queue.counts
        return counts.running == 1 && counts.waiting == 1
      })
    let refused = try await exchange.post("quality=draft", image)
    #expect(refused.status == 503 && !refused.isAdmitted)
    let problem = try ProblemDocument(refused, "full")
    #expect(problem.kind == "queue-full" && problem.limit == 1)
    #expect(problem.setting == "queue-length")
    #expect((refused.fields[.retryAfter].flatMap { Int($0) } ?? 0) >= 1)
    // Requests that need no worker are still answered.
    #expect(try await exchange.send(.get, "/livez").status == 200)
    #expect(try await exchange.send(.get, "/models").status == 200)
    gate.open()
    for task in tasks { #expect(try await task.value.status == 200) }
    stub.services.fields.queue.close()
    let late = try await exchange.post("quality=draft", image)
    #expect(late.status == 503 && !late.isAdmitted)
    #expect(try ProblemDocument(late, "late").kind == "closing")
  }

  /// A queue in which a job that has to wait has waited for too long at once.
  private static func impatient(_ purpose: JobQueue.Purpose) -> JobQueue {
    let now = ContinuousClock().now
    return JobQueue(
      for: purpose, limits: .init(runners: 1, waiting: 5, heldBytes: 5000, age: .seconds(30)),
      now: { now }, sleep: { _ in })
  }

  private func refusal(_ outcome: StubService.Outcome) throws -> ProblemDocument {
    #expect(outcome.status == 503)
    #expect((outcome.fields[.retryAfter].flatMap { Int($0) } ?? 0) >= 1)
    return try ProblemDocument(outcome, "refused")
  }

  @Test
  func `Queries: one that found no memory in time is told so, one that needs none is answered`()
    async throws
  {
    let answers = Self.impatient(.answers)
    let exchange = StubService(StubFeaturizer(answers: answers))
    let id = try await exchange.field(Raster.noise(40, 30).png())
    let reader = try await Reservation(in: answers, .init(seconds: 0, bytes: 4990))
    reader.finish()
    let refused = try await refusal(exchange.send(.get, "/fields/\(id)/pca?format=npy"))
    #expect(refused.kind == "answer-memory" && refused.setting == "answer-memory")
    #expect(refused.limit == 5000)
    #expect(try await exchange.send(.get, "/fields/\(id)/features?region=0,0,9,9").status == 200)
    #expect(try await exchange.post("quality=draft", Raster.noise(20, 20).png()).status == 200)
    withExtendedLifetime(reader) {}
  }

  @Test func `Queries: one that had no turn in time is told so, and a full queue before the body`()
    async throws
  {
    let queries = Self.impatient(.queries)
    let exchange = StubService(StubFeaturizer(queries: queries))
    let id = try await exchange.field(Raster.noise(40, 30).png())
    let running = try await Reservation(in: queries, .init(seconds: 0, bytes: 0))
    let late = try await refusal(exchange.send(.get, "/fields/\(id)/features"))
    #expect(late.kind == "waited-too-long" && late.setting == "query-wait" && late.limit == 30)
    withExtendedLifetime(running) {}
  }

  @Test func `Admission: a body that is not needed is read up to a small limit`() {
    let exchange = StubService()
    for (method, path) in [
      (HTTPRequest.Method.get, "/livez"), (.options, "/features"), (.options, "*"),
      (.head, "/models"),
    ] {
      let verdict = verdict(exchange, nil, framing: .chunked, method: method, path: path)
      #expect(bodyLimit(verdict) == Service.needlessBody, "\(method) \(path)")
    }
  }
}
