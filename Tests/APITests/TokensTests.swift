import API
import Featurization
import Foundation
import HTTP1
import HTTPTypes
import Imaging
import Scheduling
import Support
import Testing

@Suite("Tokens", .timeLimit(.minutes(2))) struct TokensTests {
  private let image: [UInt8]
  private let list: TokenList
  private let ada: String
  private let bob: String

  init() throws {
    image = try Raster.noise(30, 20).png()
    var list = TokenList()
    let day = Date(timeIntervalSince1970: 1_763_700_000)
    ada = try list.add("ada", created: day, work: 2)
    bob = try list.add("bob", created: day)
    self.list = list
  }

  private func fields(_ token: String, scheme: String = "Bearer ") -> HTTPFields {
    [.authorization: scheme + token]
  }

  private func exchange(
    _ stub: StubFeaturizer = StubFeaturizer(), bytes: Int = 1 << 20, opensMetrics: Bool = true
  ) -> StubService {
    StubService(
      stub,
      policy: AccessPolicy(
        tokens: list, quota: .init(work: 3, bytes: bytes), opensMetrics: opensMetrics))
  }

  static let open = Set<Resource>([.live, .ready, .page, .docs, .pageFile])
    .union(Resource.inferenceHealth).union(Resource.inferenceReady)

  @Test(arguments: Resource.all)
  func `Tokens: a request without a valid token is refused at its head`(route: Resource)
    async throws
  {
    let exchange = exchange(opensMetrics: false)
    for method in route.methods {
      for (fields, error) in [
        ([:], nil), (fields(ada + "0"), "invalid_token"), (fields(""), "invalid_token"),
        (fields(String(ada.dropLast())), "invalid_token"),
        (fields(ada, scheme: "Basic "), "invalid_token"),
        (fields(ada, scheme: ""), "invalid_token"),
        (fields(ada, scheme: "Bearer"), "invalid_token"),
        (fields("\(ada), \(ada)"), "invalid_token"),
      ] as [(HTTPFields, String?)] {
        let outcome = try await exchange.send(method, route.path(), image, fields: fields)
        guard !Self.open.contains(route) else {
          #expect(outcome.status != 401)
          continue
        }
        #expect(outcome.status == 401 && !outcome.isAdmitted, "\(method) \(fields)")
        let challenge = try #require(outcome.fields[.wwwAuthenticate])
        #expect(challenge.hasPrefix("Bearer realm="))
        #expect(challenge.contains("error=\"\(error ?? "")\"") == (error != nil))
        let type = route.isInference ? "application/json" : "application/problem+json"
        #expect(try ProblemDocument(outcome, "401", type: type).kind == "unauthorised")
      }
    }
  }

  @Test(arguments: ["Bearer ", "bearer ", "BEARER   "])
  func `Tokens: with a token answers are those of a server without authentication`(scheme: String)
    async throws
  {
    let exchange = exchange()
    let open = StubService()
    for token in [ada, bob] {
      let fields = fields(token, scheme: scheme)
      for (method, path, body) in [
        (.get, "/models", []), (.post, "/features?quality=draft", image), (.post, "/images", image),
        (.get, "/nothing", []), (.patch, "/models", []), (.post, "/features?stride=0", image),
      ] as [(HTTPRequest.Method, String, [UInt8])] {
        let outcome = try await exchange.send(method, path, body, fields: fields)
        let expected = try await open.send(method, path, body)
        // Each client is told of the images alone that it sent itself.
        let status = path == "/images" && token == bob ? 201 : expected.status
        #expect(outcome.status == status, "\(method) \(path)")
        if outcome.status == 200 { #expect(outcome.body == expected.body) }
      }
    }
  }

  @Test func `Tokens: unauthenticated clients do not learn which paths exist`() async throws {
    let exchange = exchange()
    for (method, path) in [
      (HTTPRequest.Method.get, "/nothing"), (.delete, "/features"), (.put, "/livez"),
      (.trace, "*"), (.get, "/livez/"),
    ] {
      #expect(try await exchange.send(method, path).status == 401, "\(method) \(path)")
    }
  }

  @Test func `Tokens: a preflight needs no token, since browsers send none`() async throws {
    let exchange = exchange()
    for path in Resource.all.map({ $0.path() }) + ["*"] {
      #expect(try await exchange.send(.options, path).status == 204)
    }
  }

  @Test func `Tokens: without a list any credentials are ignored`() async throws {
    let exchange = StubService()
    for fields in [fields("x"), fields(ada, scheme: "Basic ")] {
      #expect(try await exchange.send(.get, "/models", fields: fields).status == 200)
    }
  }

  @Test func `Tokens: a removed token is refused, and a new one accepted`() async throws {
    let exchange = exchange()
    #expect(try await exchange.send(.get, "/models", fields: fields(ada)).status == 200)
    var changed = list
    try changed.remove("ada")
    let eve = try changed.add("eve", created: .now)
    exchange.service.update(policy: AccessPolicy(tokens: changed))
    #expect(try await exchange.send(.get, "/models", fields: fields(ada)).status == 401)
    #expect(try await exchange.send(.get, "/models", fields: fields(bob)).status == 200)
    #expect(try await exchange.send(.get, "/models", fields: fields(eve)).status == 200)
  }

  @Test func `Quota: a token's computing requests are limited, and other tokens are unaffected`()
    async throws
  {
    let gate = Gate()
    let stub = StubFeaturizer(
      workers: 1, gate: gate, line: .init(runners: 1, waiting: 10, heldBytes: 1 << 30))
    let exchange = exchange(stub)
    let images = try (2..<6).map { try Raster.noise(20, 20, seed: $0).png() }
    let tasks = images.prefix(2).map { image in
      Task { try await exchange.post("quality=draft", image, fields: fields(ada)) }
    }
    #expect(
      await eventually {
        let counts = stub.services.fields.queue.counts
        return counts.running == 1 && counts.waiting == 1
      })
    let refused = try await exchange.post("quality=draft", images[2], fields: fields(ada))
    #expect(refused.status == 429 && !refused.isAdmitted)
    let problem = try ProblemDocument(refused, "429")
    #expect(
      problem.kind == "token-requests" && problem.limit == 2 && problem.setting == "token-requests")
    #expect((refused.fields[.retryAfter].flatMap { Int($0) } ?? 0) >= 1)
    #expect(refused["RateLimit"] == #""work";r=0, "bytes";r=\#((1 << 20) - bytes(images, 2))"#)
    #expect(
      refused["RateLimit-Policy"]
        == #""work";q=2;qu="concurrent-requests", "bytes";q=1048576;qu="content-bytes""#)
    // Requests without work are answered, and so are those of other tokens.
    #expect(try await exchange.send(.get, "/models", fields: fields(ada)).status == 200)
    let other = Task { try await exchange.post("quality=draft", images[3], fields: fields(bob)) }
    #expect(await eventually { stub.services.fields.queue.counts.waiting == 2 })
    gate.open()
    for task in tasks + [other] { #expect(try await task.value.status == 200) }
    let after = try await exchange.post("quality=draft", images[2], fields: fields(ada))
    #expect(after.status == 200)
    #expect(after["RateLimit"] == #""work";r=1, "bytes";r=\#((1 << 20) - images[2].count)"#)
  }

  private func bytes(_ images: [[UInt8]], _ count: Int) -> Int {
    images.prefix(count).reduce(0) { $0 + $1.count }
  }

  @Test func `Quota: a token's bytes in progress are limited`() async throws {
    let gate = Gate()
    let stub = StubFeaturizer(workers: 1, gate: gate)
    let images = try (2..<4).map { try Raster.noise(20, 20, seed: $0).png() }
    let exchange = exchange(stub, bytes: images[0].count + images[1].count - 1)
    let first = Task { try await exchange.post("quality=draft", images[0], fields: fields(bob)) }
    #expect(await eventually { stub.services.fields.queue.counts.running == 1 })
    let refused = try await exchange.post("quality=draft", images[1], fields: fields(bob))
    #expect(refused.status == 429 && !refused.isAdmitted)
    #expect(try ProblemDocument(refused, "429").kind == "token-bytes")
    gate.open()
    #expect(try await first.value.status == 200)
    #expect(try await exchange.post("", images[1], fields: fields(bob)).status == 200)
  }

  @Test func `Quota: an answer that is not read to its end releases its place`() async throws {
    let exchange = exchange()
    for _ in 0..<5 {
      let head = RequestHead(
        method: .post, target: RequestTarget(path: "/features", query: "quality=draft"),
        fields: fields(ada), framing: .fixed(image.count))
      guard case .accept(let admitted) = exchange.service.admit(head),
        case .work(let respond) = admitted.reply(to: image)
      else {
        Issue.record("not admitted")
        return
      }
      guard case .stream = await respond().body else {
        Issue.record("no stream")
        return
      }
    }
    #expect(exchange.records.value.count == 5)
    #expect(exchange.records.value.allSatisfy { !$0.isComplete && $0.client == "ada" })
  }
}
