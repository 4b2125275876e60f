import HTTP1
import HTTPTypes
import Testing

@Suite("Cross-origin requests") struct CrossOriginTests {
  static let lab = "https://lab.example"

  private func fields(
    _ origins: CrossOrigin, method: HTTPRequest.Method = .get, origin: String? = lab,
    asks: String? = nil
  ) -> HTTPFields {
    var head = RequestHead(method: method, target: RequestTarget(path: "/"))
    head.fields[.origin] = origin
    head.fields[.accessControlRequestMethod] = asks
    var response = Response(status: .ok)
    if method == .options { response.fields[.allow] = "POST, OPTIONS" }
    origins.admit(
      to: &response, answering: head, sending: [.range, .ifMatch], reading: [.eTag, .retryAfter])
    response.fields[.allow] = nil
    return response.fields
  }

  @Test func `CORS: without origins no field is added`() throws {
    for origins in [CrossOrigin.closed, try CrossOrigin(""), try CrossOrigin(" , ")] {
      #expect(fields(origins).isEmpty)
      #expect(fields(origins, method: .options, asks: "POST").isEmpty)
    }
  }

  @Test func `CORS: a page of a listed origin may read, and sees the exposed fields`() throws {
    let origins = try CrossOrigin("http://localhost:3000, \(Self.lab)")
    for origin in [Self.lab, "http://localhost:3000"] {
      #expect(
        fields(origins, origin: origin) == [
          .vary: "Origin", .accessControlAllowOrigin: origin,
          .accessControlExposeHeaders: "ETag, Retry-After",
        ])
    }
  }

  @Test(arguments: [
    nil, "", "null", "*", "https://lab.example.evil", "https://evil-lab.example",
    "http://lab.example", "https://lab.example:8443", "https://LAB.example", "https://lab.example/",
    "lab.example",
    "https://lab.example, https://lab.example",
  ])
  func `CORS: any other origin gets Vary alone`(origin: String?) throws {
    let origins = try CrossOrigin(Self.lab)
    for method in [HTTPRequest.Method.get, .post, .options] {
      #expect(fields(origins, method: method, origin: origin, asks: "POST") == [.vary: "Origin"])
    }
  }

  @Test func `CORS: a preflight gets methods, fields and a lifetime`() throws {
    #expect(
      fields(try CrossOrigin(Self.lab), method: .options, asks: "POST") == [
        .vary: "Origin", .accessControlAllowOrigin: Self.lab,
        .accessControlAllowMethods: "POST, OPTIONS",
        .accessControlAllowHeaders: "Range, If-Match", .accessControlMaxAge: "7200",
      ])
    // Without a method it is not a preflight.
    #expect(
      fields(try CrossOrigin(Self.lab), method: .options)[.accessControlAllowMethods] == nil)
    #expect(
      fields(try CrossOrigin(Self.lab), asks: "POST")[.accessControlAllowMethods] == nil)
  }

  @Test func `CORS: a star allows every page, with the same answer`() throws {
    let origins = try CrossOrigin(" * ")
    for origin in [nil, "null", Self.lab] {
      #expect(
        fields(origins, origin: origin) == [
          .accessControlAllowOrigin: "*", .accessControlExposeHeaders: "ETag, Retry-After",
        ])
    }
    #expect(
      fields(origins, method: .options, asks: "POST")[.accessControlAllowMethods]
        == "POST, OPTIONS")
  }

  @Test(arguments: [
    "lab.example", "https://", "https://lab.example/", "https://lab.example/x",
    "https://Lab.example",
    "https://lab example", "null", "*, https://lab.example", "https://*.example",
    "https://lab.example;http://b", "https://user@lab.example", "//lab.example", "https://a:b",
    "https://a:123456", "https://a?b", "https://a#b",
  ])
  func `CORS: an origin that no browser sends is refused`(list: String) {
    #expect(throws: CrossOriginError.self) { try CrossOrigin(list) }
    #expect(throws: CrossOriginError.self) { try CrossOrigin("https://lab.example,\(list)") }
  }

  @Test(arguments: [
    "http://localhost", "http://127.0.0.1:8080", "http://[::1]:3000",
    "https://xn--bcher-kva.example",
    "chrome-extension://abcdefghijklmnop", "app://obsidian.md",
  ])
  func `CORS: origins as browsers send them are accepted`(origin: String) throws {
    #expect(
      fields(try CrossOrigin(origin), origin: origin)[.accessControlAllowOrigin] == origin)
  }
}
