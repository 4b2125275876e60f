import API
import Cache
import Files
import Foundation
import HTTP1
import HTTPTypes
import Sharing
import Support
import Testing

@Suite("Service of a shared store", .timeLimit(.minutes(2))) struct StoreServiceTests {
  private let folder = TemporaryFolder()

  private func service(_ policy: AccessPolicy = AccessPolicy(), limit: Int = 1 << 20) throws -> (
    StoreService, FolderShare
  ) {
    let place = "\(folder.path)/shared"
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    let share = try FolderShare(at: place)
    return (StoreService(share, bodyLimit: limit, policy: policy), share)
  }

  private func ask(
    _ service: StoreService, _ method: HTTPRequest.Method, _ path: String, _ body: [UInt8] = []
  ) async throws -> (status: Int, body: [UInt8]) {
    let head = RequestHead(
      method: method, target: RequestTarget(path: path), framing: .fixed(body.count))
    let response: Response
    switch service.admit(head) {
    case .refuse(let refusal): response = refusal
    case .accept(let exchange):
      #expect(body.count <= exchange.bodyLimit)
      switch exchange.reply(to: body) {
      case .now(let answer): response = answer
      case .work(let work): response = await work()
      }
    }
    let outcome = try await StubService.read(response)
    return (outcome.status, outcome.body)
  }

  /// The bytes of an entry's file.
  private func entry(_ bytes: [UInt8]) throws -> [UInt8] {
    let disk = try DiskStore(at: "\(folder.path)/disk", budget: 1 << 24)
    let name = EntryName(SHA256.digest(of: [9]), in: Namespace("answers"))
    disk.write(bytes, for: name.key, in: name.namespace)
    return Array(try Data(contentsOf: URL(filePath: disk.file(of: name))))
  }

  @Test func `Store: content is kept under its own digest alone`() async throws {
    let (service, _) = try service()
    let bytes = (0..<600_000).map { UInt8(truncatingIfNeeded: $0 &* 13) }
    let (path, other) = (
      "/cas/\(SHA256.digest(of: bytes))", "/cas/\(SHA256.digest(of: [1]))"
    )
    #expect(try await ask(service, .get, path).status == 404)
    #expect(try await ask(service, .head, path).status == 404)
    #expect(try await ask(service, .put, other, bytes).status == 422)
    #expect(try await ask(service, .get, other).status == 404)
    #expect(try await ask(service, .put, path, bytes).status == 201)
    #expect(try await ask(service, .put, path, bytes).status == 200)
    let answer = try await ask(service, .get, path)
    #expect(answer.status == 200 && answer.body == bytes)
    #expect(try await ask(service, .head, path).status == 200)
  }

  @Test func `Store: an entry is taken if its digests are right, whatever its address`()
    async throws
  {
    let (service, _) = try service()
    let file = try entry([1, 2, 3])
    let path = "/ac/\(SHA256.digest(of: [4]))"
    var damaged = file
    damaged[damaged.count - 1] ^= 1
    for bytes in [damaged, Array(file.dropLast()), [], Array("text".utf8)] {
      #expect(try await ask(service, .put, path, bytes).status == 422)
    }
    #expect(try await ask(service, .put, path, file).status == 201)
    #expect(try await ask(service, .get, path).body == file)
  }

  @Test func `Store: what is damaged on its disk is not there, and can be put again`() async throws
  {
    let (service, share) = try service()
    let bytes: [UInt8] = [1, 2, 3]
    let address = SharedAddress(content: SHA256.digest(of: bytes))
    #expect(try await ask(service, .put, "/\(address.path)", bytes).status == 201)
    try Data([1, 2, 4]).write(to: URL(filePath: share.path(of: address)))
    #expect(try await ask(service, .get, "/\(address.path)").status == 404)
    #expect(try await ask(service, .put, "/\(address.path)", bytes).status == 201)
    #expect(try await ask(service, .get, "/\(address.path)").body == bytes)
  }

  @Test(arguments: ["/", "/ac", "/ac/12", "/cas/../ac", "/images/1", "/ac/%00"])
  func `Store: there is nothing at other paths`(path: String) async throws {
    #expect(try await ask(try service().0, .get, path).status == 404)
  }

  @Test func `Store: it answers that it lives, and knows three methods`() async throws {
    let (service, _) = try service()
    #expect(try await ask(service, .get, "/livez").status == 200)
    #expect(try await ask(service, .delete, "/ac/\(SHA256.digest(of: [4]))").status == 405)
  }

  @Test func `Store: where tokens are needed nothing is told without one`() async throws {
    let (service, _) = try service(AccessPolicy(tokens: TokenList()))
    for method in [HTTPRequest.Method.get, .head, .put] {
      #expect(try await ask(service, method, "/ac/\(SHA256.digest(of: [4]))").status == 401)
    }
    #expect(try await ask(service, .get, "/livez").status == 200)
  }
}
