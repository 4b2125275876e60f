import API
import Cache
import Files
import Featurization
import Foundation
import HTTPTypes
import Imaging
import Support
import Testing

/// Who may delete an image, by tokens and by certificates.
@Suite("Deletion of images", .timeLimit(.minutes(2))) struct ImageDeletionTests {
  private let image: [UInt8]
  /// Of the image.
  private let path: String
  private let list: TokenList
  private let (ada, bob, eve, operation): (String, String, String, String)

  init() throws {
    image = try Raster.noise(30, 20).png()
    path = "/images/sha256-\(SHA256.digest(of: image))"
    var list = TokenList()
    ada = try list.add("ada", created: .now)
    bob = try list.add("bob", created: .now)
    eve = try list.add("eve", created: .now)
    operation = try list.add("operation", created: .now, role: .operator)
    self.list = list
  }

  private func exchange(_ stub: StubFeaturizer = StubFeaturizer()) -> StubService {
    StubService(stub, policy: AccessPolicy(tokens: list))
  }

  private func fields(_ token: String) -> HTTPFields { [.authorization: "Bearer \(token)"] }

  private func put(_ token: String, _ exchange: StubService) async throws -> Int {
    try await exchange.send(.put, path, image, fields: fields(token)).status
  }

  private func delete(_ token: String, _ exchange: StubService) async throws -> Int {
    let outcome = try await exchange.send(.delete, path, fields: fields(token))
    if outcome.status == 403 {
      let problem = try ProblemDocument(outcome, "403")
      #expect(problem.kind == "image-of-others")
      #expect(problem.detail.contains("clients that sent it"))
      #expect(problem.detail.contains("operator"))
      #expect(problem.detail.contains(path.dropFirst("/images/".count)))
    }
    return outcome.status
  }

  private func isKept(_ exchange: StubService) async throws -> Bool {
    try await exchange.send(.get, path, fields: fields(eve)).status == 200
  }

  /// In memory alone, and on disk.
  private func stubs() throws -> [(stub: StubFeaturizer, folder: TemporaryFolder?)] {
    let folder = TemporaryFolder()
    let disk = try DiskStore(at: folder.path, budget: 1 << 24)
    return [
      (StubFeaturizer(), nil),
      (StubFeaturizer(disk: disk), folder),
    ]
  }

  @Test func `Image deletion: one who did not send it is refused, and told who may`() async throws {
    for (stub, folder) in try stubs() {
      let exchange = exchange(stub)
      #expect(try await delete(eve, exchange) == 404)
      #expect(try await put(ada, exchange) == 201)
      #expect(try await delete(eve, exchange) == 403)
      #expect(try await isKept(exchange))
      #expect(try await delete(ada, exchange) == 204)
      #expect(try await !isKept(exchange))
      #expect(try await delete(ada, exchange) == 404)
      withExtendedLifetime(folder) {}
    }
  }

  @Test func `Image deletion: what several sent goes with the last of them`() async throws {
    for (stub, folder) in try stubs() {
      let exchange = exchange(stub)
      // Each is told whether it had sent it itself.
      #expect(try await put(ada, exchange) == 201)
      #expect(try await put(bob, exchange) == 201)
      #expect(try await put(ada, exchange) == 200)
      #expect(try await delete(ada, exchange) == 204)
      #expect(try await isKept(exchange))
      #expect(try await delete(ada, exchange) == 403)
      // Knowing it and sending it too takes it from nobody.
      #expect(try await put(eve, exchange) == 201)
      #expect(try await delete(eve, exchange) == 204)
      #expect(try await isKept(exchange))
      #expect(try await delete(bob, exchange) == 204)
      #expect(try await !isKept(exchange))
      withExtendedLifetime(folder) {}
    }
  }

  @Test func `Image deletion: an operator's token takes it from all, who may send it again`()
    async throws
  {
    for (stub, folder) in try stubs() {
      let exchange = exchange(stub)
      for token in [ada, bob] { #expect(try await put(token, exchange) == 201) }
      #expect(try await delete(operation, exchange) == 204)
      #expect(try await !isKept(exchange))
      #expect(try await delete(bob, exchange) == 404)
      // Those of before have not sent this one.
      #expect(try await put(bob, exchange) == 201)
      #expect(try await delete(ada, exchange) == 403)
      #expect(try await delete(bob, exchange) == 204)
      #expect(try await !isKept(exchange))
      withExtendedLifetime(folder) {}
    }
  }

  @Test func `Image deletion: without tokens anybody may, whoever sent it`() async throws {
    let stub = StubFeaturizer()
    #expect(try await put(ada, exchange(stub)) == 201)
    let open = StubService(stub)
    #expect(try await open.send(.put, path, image).status == 200)
    #expect(try await open.send(.delete, path).status == 204)
    #expect(try await open.send(.get, path).status == 404)
    // What was sent without a name is nobody's but the operator's.
    #expect(try await open.send(.put, path, image).status == 201)
    #expect(try await delete(ada, exchange(stub)) == 403)
    #expect(try await delete(operation, exchange(stub)) == 204)
  }

  @Test func `Image deletion: an image that came with a field is its sender's too`() async throws {
    let exchange = exchange()
    let made = try await exchange.send(
      .post, "/fields?quality=draft", image, fields: fields(ada))
    #expect(made.status == 201)
    #expect(try await delete(bob, exchange) == 403)
    #expect(try await delete(ada, exchange) == 204)
  }

  @Test func `Image deletion: senders are known after a restart`() async throws {
    let folder = TemporaryFolder()
    for (token, status) in [(bob, 403), (ada, 204), (ada, 404)] {
      let disk = try await folder.store(budget: 1 << 24)
      let exchange = exchange(StubFeaturizer(memory: 1 << 20, disk: disk))
      if token == bob { #expect(try await put(ada, exchange) == 201) }
      #expect(try await delete(token, exchange) == status)
    }
  }

  @Test func `Image deletion: a damaged list of senders leaves it to the operator`() async throws {
    let folder = TemporaryFolder()
    do {
      let disk = try await folder.store(budget: 1 << 24)
      let exchange = exchange(StubFeaturizer(memory: 1 << 20, disk: disk))
      #expect(try await put(ada, exchange) == 201)
    }
    let files = folder.files(with: "senders/")
    #expect(files.count == 1)
    for file in files { try Data("x".utf8).write(to: URL(filePath: file)) }
    let disk = try await folder.store(budget: 1 << 24)
    let exchange = exchange(StubFeaturizer(memory: 1 << 20, disk: disk))
    #expect(try await delete(ada, exchange) == 403)
    // Sending it once more makes it one's own again.
    #expect(try await put(ada, exchange) == 201)
    #expect(try await delete(ada, exchange) == 204)
  }

  @Test func `Image deletion: clients with certificates are told apart by their names`()
    async throws
  {
    let exchange = StubService(policy: AccessPolicy())
    let (ada, bob) = ("CN=ada", "CN=bob")
    #expect(try await exchange.send(.put, path, image, certificate: ada).status == 201)
    let refused = try await exchange.send(.delete, path, certificate: bob)
    #expect(try ProblemDocument(refused, "403").kind == "image-of-others")
    #expect(try await exchange.send(.delete, path, certificate: ada).status == 204)
    #expect(exchange.records.value.map(\.client) == [ada, bob, ada])
  }
}
