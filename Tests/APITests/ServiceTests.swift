import API
import Encoders
import Featurization
import Foundation
import HTTP1
import HTTPTypes
import Imaging
import Scheduling
import Cache
import Support
import Testing

@Suite("Service") struct ServiceTests {
  let image: [UInt8]

  init() throws {
    image = try Raster.noise(30, 20).png()
  }

  static let methods: [HTTPRequest.Method] = [
    .get, .head, .post, .put, .delete, .patch, .options, .trace, .connect,
  ]

  /// By name: a route's methods as documented.
  static func answered(_ route: Resource) -> Set<String> {
    switch route.path {
    case "/features", "/fields/{id}/sample", "/fields/{id}/project", "/clusters",
      "/correspondences", "/images/missing", "/batches":
      ["POST", "OPTIONS"]
    case let path where path.hasPrefix("/v2/repository") || path.hasSuffix("/infer"):
      ["POST", "OPTIONS"]
    case "/images/{image}", "/classifiers/{id}": ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"]
    case "/fields/{id}", "/jobs/{job}", "/batches/{batch}": ["GET", "HEAD", "DELETE", "OPTIONS"]
    case "/fields/{id}/labels": ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"]
    case "/fields", "/images", "/classifiers", "/fields/{id}/segmentation",
      "/fields/{id}/measurements", "/search":
      ["GET", "HEAD", "POST", "OPTIONS"]
    default: ["GET", "HEAD", "OPTIONS"]
    }
  }

  /// Those that need a classifier or labels, which their own tests make.
  static func needsMore(_ route: Resource) -> Bool {
    [
      "/classifiers", "/clusters", "/correspondences", "/search", "/jobs", "/batches",
      "/images/missing", "/fields/{id}/clusters", "/v2/repository",
    ].contains(where: route.path.hasPrefix) || route.path.hasSuffix("/infer")
      || [.fieldSegmentation, .fieldMeasurements, .fieldSuggestions, .fieldLabels].contains(route)
  }

  private func body(_ method: HTTPRequest.Method, _ route: Resource) -> [UInt8] {
    switch (method, route) {
    case (.post, .fieldSample): Array(#"{"points": [[1, 2]]}"#.utf8)
    case (.post, .fieldProject): npy(floats: Array(repeating: 1, count: 12), [2, 6])
    case (.post, _), (.put, .image): image
    default: []
    }
  }

  @Test(arguments: Resource.all)
  func `Routes: a route answers its methods, and refuses others by listing its own`(
    route: Resource
  ) async throws {
    let exchange = StubService()
    let path = route.path(
      field: try await exchange.field(image), image: try await exchange.keep(image))
    let answered = Self.answered(route)
    for method in Self.methods {
      let outcome = try await exchange.send(method, path, body(method, route))
      if answered.contains(method.rawValue) {
        if Self.needsMore(route) { continue }
        // The image is stored already, this field of it is not.
        let isNew = method == .post && route == .fields
        let isGone = method == .options || method == .delete
        // A field that is made cannot be given up.
        let isMade = method == .delete && route == .field
        #expect(
          outcome.status == (isNew ? 201 : isMade ? 409 : isGone ? 204 : 200), "\(method) \(route)")
        continue
      }
      #expect(outcome.status == 405 && !outcome.isAdmitted, "\(method) \(route)")
      let type = route.isInference ? "application/json" : "application/problem+json"
      #expect(
        try ProblemDocument(outcome, "\(method)", type: type).kind == "method-not-allowed")
      let allowed = outcome.fields[.allow]?.split(separator: ", ").map(String.init) ?? []
      #expect(Set(allowed) == answered && allowed.count == answered.count, "\(method) \(route)")
    }
  }

  @Test(arguments: Resource.all)
  func `OPTIONS: a route's methods are listed, without a body`(route: Resource) async throws {
    let outcome = try await StubService().send(.options, route.path())
    #expect(outcome.status == 204 && outcome.body.isEmpty)
    #expect(
      Set(outcome.fields[.allow]?.split(separator: ", ").map(String.init) ?? [])
        == Self.answered(route))
  }

  @Test func `OPTIONS: the whole server answers`() async throws {
    let outcome = try await StubService().send(.options, "*")
    #expect(outcome.status == 204 && outcome.body.isEmpty)
    #expect(outcome.fields[.allow] == "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS")
  }

  @Test(arguments: [
    "//", "/index.html", "/docs/", "/page", "/page/", "/page/x.js", "/page/main.js/",
    "/page/../main.js", "/page/index.html", "/page/Main.js", "/feature", "/features/", "/FEATURES",
    "/features%2f", "/%66eatures", "/models/x",
    "/./livez", "/livez/../features", "/openapi.json", "*", "",
    "/fields/", "/fields/x", "/fields/{id}", "/fields/\(BadInput.zeros)/",
    "/fields/\(BadInput.zeros)/nothing", "/fields/\(BadInput.zeros)0", "/fields//features",
    "/fields/\(BadInput.zeros.dropLast())g/pca", "/fields/sha256-\(BadInput.zeros)",
    "/fields/features", "/images/", "/images/\(BadInput.zeros)", "/images/sha256-",
    "/images/SHA256-\(BadInput.zeros)", "/images/sha256-\(BadInput.zeros)/x",
    "/images/sha256-\(BadInput.zeros.dropLast())%30",
  ])
  func `Routes: any other path is not found, for every method`(path: String) async throws {
    for method in Self.methods where !(path == "*" && method == .options) {
      let outcome = try await StubService().send(method, path)
      #expect(outcome.status == 404 && !outcome.isAdmitted, "\(method)")
      #expect(try ProblemDocument(outcome, path).kind == "not-found")
    }
  }

  @Test func `HEAD: fields and length are those of GET`() async throws {
    let exchange = StubService()
    let (field, name) = (try await exchange.field(image), try await exchange.keep(image))
    for route in Resource.all
    where route.methods.contains(.get) && !Self.needsMore(route) {
      let path = route.path(field: field, image: name)
      let get = try await exchange.send(.get, path)
      let head = try await exchange.send(.head, path)
      let sent = { (outcome: StubService.Outcome) in
        outcome.fields.filter {
          $0.name.canonicalName != "server-timing" && $0.name.canonicalName != "x-request-id"
        }
      }
      #expect(get.status == head.status && sent(get) == sent(head), "\(route)")
      // The metrics count their own requests.
      #expect(get.body == head.body || route == .metrics, "\(route)")
    }
  }

  @Test
  func `Features: an image posted as a body, or in a form, gives the same answer`() async throws {
    let exchange = StubService()
    let plain = try await exchange.post("output=pca&format=npy&stride=7", image)
    #expect(plain.status == 200)
    let form = Form().with("output", "pca").with("format", "npy").with("stride", "7")
      .with("image", image, fields: "Content-Type: image/png\r\n")
    let posted = try await exchange.post("", type: Form.type, form.bytes)
    #expect(posted.status == 200 && posted.body == plain.body)
    #expect(posted.fields[.eTag] == plain.fields[.eTag])
    // Some options in the query, some in the form.
    let mixed = try await exchange.post(
      "output=pca&format=npy", type: Form.type,
      Form().with("image", image).with("stride", "7").bytes)
    #expect(mixed.body == plain.body)
    for type in ["application/x-www-form-urlencoded", "text/html", "image/tiff", "nonsense"] {
      let outcome = try await exchange.post("output=pca&format=npy&stride=7", type: type, image)
      #expect(outcome.body == plain.body, "\(type)")
    }
  }

  @Test func `Features: an answer describes itself`() async throws {
    let outcome = try await StubService().post("output=features&stride=7&dtype=float16", image)
    #expect(outcome.status == 200)
    #expect(outcome.fields[.contentType] == "application/x-npy")
    #expect(outcome.fields[.eTag]?.wholeMatch(of: /"[0-9a-f]{64}"/) != nil)
    let named = { (name: String) in HTTPField.Name(name).flatMap { outcome.fields[$0] } }
    #expect(named("Eyepiece-Field")?.wholeMatch(of: /[0-9a-f]{64}/) != nil)
    #expect(named("Eyepiece-Shape") == "20,30,6")
    #expect(named("Eyepiece-Model") == "stub14")
    #expect(
      named("Server-Timing")?.wholeMatch(
        of:
          /queue;dur=\d+\.\d{3}, decode;dur=\d+\.\d{3}, encode;dur=\d+\.\d{3}, upsample;dur=\d+\.\d{3}/
      ) != nil)
    let values = 20 * 30 * 6
    #expect(outcome.body.count == 128 + 2 * values)
  }

  /// The checks of `/readyz`.
  private func checks(_ outcome: StubService.Outcome) throws -> [String: Bool]? {
    let object = try JSONSerialization.jsonObject(with: Data(outcome.body)) as? [String: Any]
    return object?["checks"] as? [String: Bool]
  }

  @Test func `Readiness: depends on the default model, the store and the shutdown`() async throws {
    let folder = TemporaryFolder()
    let store = try DiskStore(at: folder.path, budget: 1 << 20)
    let exchange = StubService(StubFeaturizer(memory: 1 << 20, disk: store))
    let before = try await exchange.send(.get, "/readyz")
    #expect(try ProblemDocument(before, "before").kind == "not-ready")
    #expect(before.status == 503)
    #expect(try checks(before) == ["model": false, "store": true, "staying": true])
    #expect(try await exchange.send(.get, "/livez").text == "ok\n")
    _ = try await exchange.stub.services.models.lease("stub14")
    let ready = try await exchange.send(.get, "/readyz")
    #expect(ready.status == 200 && ready.fields[.contentType] == "application/json")
    #expect(try checks(ready) == ["model": true, "store": true, "staying": true])
    try FileManager.default.removeItem(atPath: folder.path)
    let without = try await exchange.send(.get, "/readyz")
    #expect(try ProblemDocument(without, "without").kind == "store-closed")
    #expect(try checks(without) == ["model": true, "store": false, "staying": true])
    exchange.service.drain()
    let after = try await exchange.send(.get, "/readyz")
    #expect(after.status == 503)
    #expect(try ProblemDocument(after, "after").kind == "closing")
    #expect(try checks(after) == ["model": true, "store": false, "staying": false])
    #expect(try await exchange.send(.get, "/livez").status == 200)
  }

  @Test func `Models: the list has what is known of each`() async throws {
    struct Models: Decodable {
      struct Model: Decodable {
        let name: String
        let patch: Int
        let `default`: Bool
        let available: Bool
        let loaded: Bool
      }
      let models: [Model]
    }
    let exchange = StubService()
    _ = try await exchange.stub.services.models.lease("stub16")
    let outcome = try await exchange.send(.get, "/models")
    #expect(outcome.fields[.contentType] == "application/json")
    let models = try JSONDecoder().decode(Models.self, from: Data(outcome.body)).models
    #expect(models.map(\.name) == StubFeaturizer.cards.map(\.name))
    #expect(models.map(\.patch) == [14, 16, 14, 14])
    #expect(models.map(\.default) == [true, false, false, false])
    #expect(models.map(\.available) == [true, true, false, true])
    #expect(models.map(\.loaded) == [false, true, false, false])
  }

  @Test
  func `Memory: a request without memory for it is a 503, and others continue`() async throws {
    let most = Box(Int.max)
    let memory = MemoryReserve { $0 <= most.value }
    let exchange = StubService(StubFeaturizer(reserve: memory))
    let field = try await exchange.field(image)
    most.value = 100
    for target in ["/features?stride=7", "/fields?stride=7"] {
      let outcome = try await exchange.send(.post, target, image)
      let problem = try ProblemDocument(outcome, target)
      #expect(problem.status == 503 && problem.kind == "out-of-memory", "\(target)")
      #expect(outcome.fields[.retryAfter] == "10")
    }
    // A picture is made whole; an array goes out in small pieces, for which there is always room.
    #expect(try await exchange.send(.get, "/fields/\(field)/pca").status == 503)
    #expect(try await exchange.send(.get, "/fields/\(field)/features").status == 200)
    #expect(try await exchange.send(.get, "/fields/\(field)").status == 200)
    #expect(memory.bytes == 0)
    #expect(exchange.stub.services.fields.queue.counts == (waiting: 0, running: 0, heldBytes: 0))
    most.value = .max
    #expect(try await exchange.send(.post, "/features?stride=7", image).status == 200)
    #expect(try await exchange.send(.get, "/fields/\(field)/pca").status == 200)
  }

  @Test func `OpenAPI: the document served is the one passed in`() async throws {
    let outcome = try await StubService().send(.get, "/openapi.yaml")
    #expect(outcome.body == StubService.document)
    #expect(outcome.fields[.contentType] == "application/yaml")
  }
}
