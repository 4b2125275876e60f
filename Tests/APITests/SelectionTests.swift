import API
import Featurization
import HTTP1
import HTTPTypes
import Imaging
import Support
import Testing

@Suite("Conditions, parts and caches", .timeLimit(.minutes(2))) struct SelectionTests {
  let image: [UInt8]

  init() throws {
    image = try Raster.noise(30, 20).png()
  }

  static let documents = ["/models", "/openapi.yaml"]

  @Test
  func `Conditions: a failed condition on a POST is reported before any computation`() async throws
  {
    let tag = try #require(try await StubService().post("stride=7", image).fields[.eTag])
    for fields: HTTPFields in [
      [.ifNoneMatch: tag], [.ifNoneMatch: "\"x\", W/\(tag)"], [.ifNoneMatch: "*"],
      [.ifMatch: "\"x\""], [.ifMatch: "W/\(tag)"], [.ifMatch: "\"x\"", .ifNoneMatch: "\"x\""],
    ] {
      let exchange = StubService()
      let outcome = try await exchange.post("stride=7", image, fields: fields)
      #expect(outcome.status == 412, "\(fields)")
      #expect(try ProblemDocument(outcome, "\(fields)").kind == "precondition-failed")
      #expect(exchange.stub.gate.arrivals == 0)
    }
  }

  @Test func `Conditions: a condition that holds on a POST changes nothing`() async throws {
    let exchange = StubService()
    let plain = try await exchange.post("stride=7", image)
    let tag = try #require(plain.fields[.eTag])
    for fields: HTTPFields in [
      [.ifNoneMatch: "\"x\""], [.ifMatch: tag], [.ifMatch: "*"], [.ifModifiedSince: "never"],
      [.range: "bytes=0-9"],
    ] {
      let outcome = try await exchange.post("stride=7", image, fields: fields)
      #expect(outcome.status == 200 && outcome.body == plain.body, "\(fields)")
      #expect(!outcome.fields.contains(.acceptRanges))
    }
  }

  /// Source: RFC 9110 §13.2.1.
  @Test
  func `Conditions: a request refused without conditions is refused with them`() async throws {
    for (query, body, status) in [
      ("", Array("text".utf8), 422), ("stride=0", image, 400), ("page=1", image, 422),
      ("model=missing", image, 422), ("", [], 400),
    ] {
      let outcome = try await StubService().post(
        query, body, fields: [.ifNoneMatch: "*", .ifMatch: "\"x\""])
      #expect(outcome.status == status, "\(query)")
    }
  }

  @Test(arguments: documents)
  func `Documents: sent whole, in parts, or as 304`(
    path: String
  ) async throws {
    let exchange = StubService()
    let whole = try await exchange.send(.get, path)
    let tag = try #require(whole.fields[.eTag])
    #expect(tag.wholeMatch(of: /"[0-9a-f]{64}"/) != nil)
    #expect(whole.fields[.acceptRanges] == "bytes" && whole.fields[.cacheControl] == "no-cache")
    for method in [HTTPRequest.Method.get, .head] {
      for value in [tag, "W/\(tag)", "\"x\", \(tag)", "*"] {
        let outcome = try await exchange.send(method, path, fields: [.ifNoneMatch: value])
        #expect(outcome.status == 304 && outcome.body.isEmpty, "\(method) \(value)")
        #expect(outcome.ownFields == [.eTag: tag, .cacheControl: "no-cache"])
      }
      let failed = try await exchange.send(method, path, fields: [.ifMatch: "\"x\""])
      #expect(try ProblemDocument(failed, path).kind == "precondition-failed")
    }
    var all: [UInt8] = []
    while all.count < whole.body.count {
      let part = try await exchange.send(
        .get, path, fields: [.range: "bytes=\(all.count)-\(all.count + 4)", .ifRange: tag])
      #expect(part.status == 206)
      all += part.body
    }
    #expect(all == whole.body)
    let behind = try await exchange.send(
      .get, path, fields: [.range: "bytes=\(whole.body.count)-"])
    #expect(behind.status == 416)
    #expect(behind.fields[.contentRange] == "bytes */\(whole.body.count)")
    #expect(try ProblemDocument(behind, path).kind == "range-not-satisfiable")
    #expect(try await exchange.send(.head, path, fields: [.range: "bytes=0-0"]).status == 200)
  }

  @Test func `Entity tag: loading a model changes the tag of the list of models`() async throws {
    let exchange = StubService()
    let before = try await exchange.send(.get, "/models")
    _ = try await exchange.stub.services.models.lease("stub16")
    let after = try await exchange.send(.get, "/models")
    #expect(before.fields[.eTag] != after.fields[.eTag] && before.body != after.body)
    let tag = try #require(before.fields[.eTag])
    #expect(try await exchange.send(.get, "/models", fields: [.ifNoneMatch: tag]).status == 200)
  }

  @Test func `Caching: an answer to GET has parts and may be cached`() async throws {
    let exchange = StubService()
    let path = "/fields/\(try await exchange.field(image, "stride=7"))/features"
    let whole = try await exchange.send(.get, path)
    #expect(whole.fields[.cacheControl] == "private, max-age=31536000, immutable")
    #expect(whole.fields[.vary] == "Accept")
    let posted = try await exchange.post("stride=7", image)
    #expect(whole.body == posted.body && whole.fields[.eTag] == posted.fields[.eTag])
    let tag = try #require(whole.fields[.eTag])
    for start in [0, 127, 128, 5000, whole.body.count - 1] {
      let part = try await exchange.send(
        .get, path, fields: [.range: "bytes=\(start)-", .ifRange: tag])
      #expect(part.status == 206 && part.body == Array(whole.body[start...]))
    }
    let stale = try await exchange.send(
      .get, path, fields: [.range: "bytes=5000-", .ifRange: "\"x\""])
    #expect(stale.status == 200 && stale.body == whole.body)
    let known = try await exchange.send(.head, path, fields: [.ifNoneMatch: tag])
    #expect(known.status == 304 && known.fields[.cacheControl] == whole.fields[.cacheControl])
  }

  @Test func `Caching: an answer without a cache rule has no-store`() async throws {
    let exchange = StubService()
    for (method, path, status) in [
      (HTTPRequest.Method.get, "/livez", 200), (.get, "/readyz", 503), (.get, "/nothing", 404),
      (.put, "/models", 405), (.post, "/features", 400), (.options, "/models", 204),
    ] {
      let outcome = try await exchange.send(method, path)
      #expect(outcome.status == status && outcome.fields[.cacheControl] == "no-store", "\(path)")
    }
    #expect(try await exchange.post("", image).fields[.cacheControl] == "no-store")
    #expect(
      exchange.service.refusal(of: .malformedField).fields[.cacheControl] == "no-store")
  }

  @Test(arguments: [
    ("", "attachment", "features", "npy"), ("format=raw", "attachment", "features", "raw"),
    ("output=pca", "inline", "pca", "png"), ("output=cls", "attachment", "cls", "npy"),
    ("output=attention&format=png", "inline", "attention", "png"),
  ])
  func `Content-Disposition: an answer has a file name`(
    query: String, kind: String, output: String, suffix: String
  ) async throws {
    let outcome = try await StubService().post(query, image)
    let digits = try #require(outcome.fields[.eTag]).dropFirst().prefix(12)
    #expect(
      outcome.fields[.contentDisposition]
        == "\(kind); filename=\"stub14-\(output)-\(digits).\(suffix)\"")
  }
}
