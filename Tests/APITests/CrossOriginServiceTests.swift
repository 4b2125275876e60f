import API
import HTTP1
import HTTPTypes
import Imaging
import Support
import Testing

@Suite("Cross-origin service") struct CrossOriginServiceTests {
  static let page: HTTPFields = [.origin: "http://localhost:3000"]

  private func exchange() throws -> StubService {
    StubService(crossOrigin: try CrossOrigin("http://localhost:3000"))
  }

  @Test(arguments: Resource.all)
  func `CORS: a preflight is answered with the route's methods`(route: Resource) async throws {
    var fields = Self.page
    fields[.accessControlRequestMethod] = "POST"
    fields[.accessControlRequestHeaders] = "content-type, if-none-match"
    let outcome = try await exchange().send(.options, route.path(), fields: fields)
    #expect(outcome.status == 204)
    #expect(outcome.fields[.accessControlAllowOrigin] == Self.page[.origin])
    #expect(outcome.fields[.accessControlAllowMethods] == route.allow)
    let accepted = outcome.fields[.accessControlAllowHeaders]?.lowercased().split(separator: ", ")
    for name in ["accept", "content-type", "if-match", "if-none-match", "if-range", "range"] {
      #expect(accepted?.contains { $0 == name } == true, "\(name)")
    }
    #expect(outcome.fields[.accessControlMaxAge].flatMap { Int($0) } ?? 0 > 0)
    // Without the setting an answer has no CORS fields.
    let closed = try await StubService().send(.options, route.path(), fields: fields)
    #expect(closed.fields[.accessControlAllowOrigin] == nil && closed.fields[.vary] == nil)
  }

  @Test func `CORS: a page may read every field of an answer or a problem`() async throws {
    let exchange = try exchange()
    let image = try Raster.noise(30, 20).png()
    let safe: Set<String> = [
      "cache-control", "content-type", "vary", "access-control-allow-origin",
      "access-control-expose-headers",
    ]
    for outcome in [
      try await exchange.post("", image, fields: Self.page),
      try await exchange.post("nonsense=1", image, fields: Self.page),
      try await exchange.send(.get, "/models", fields: Self.page),
      try await exchange.send(.get, "/readyz", fields: Self.page),
      try await exchange.send(.put, "/models", fields: Self.page),
      try await exchange.send(.post, "/fields?quality=draft", image, fields: Self.page),
      try await exchange.send(.post, "/images", image, fields: Self.page),
      try await exchange.send(
        .get, "/fields/\(try await exchange.field(image))/pca", fields: Self.page),
      try await exchange.send(
        .get, "/models", fields: [.origin: "http://localhost:3000", .range: "bytes=0-1"]),
    ] {
      #expect(outcome.fields[.accessControlAllowOrigin] == Self.page[.origin])
      let vary = outcome.fields[.vary]?.split(separator: ", ") ?? []
      #expect(vary.contains("Origin"), "\(outcome.status)")
      let exposed = Set(
        outcome.fields[.accessControlExposeHeaders]?.lowercased().split(separator: ", ")
          .map(String.init) ?? [])
      let sent = Set(outcome.fields.map { $0.name.canonicalName })
      #expect(sent.subtracting(safe).isSubset(of: exposed), "\(outcome.status)")
    }
  }

  @Test
  func `CORS: pages of other origins get no access, and answers vary by origin`() async throws {
    let exchange = try exchange()
    for fields: HTTPFields in [[:], [.origin: "http://localhost:3001"], [.origin: "null"]] {
      let outcome = try await exchange.send(.get, "/livez", fields: fields)
      #expect(outcome.status == 200 && outcome.fields[.vary] == "Origin")
      #expect(outcome.fields[.accessControlAllowOrigin] == nil)
      #expect(outcome.fields[.accessControlExposeHeaders] == nil)
    }
  }
}
