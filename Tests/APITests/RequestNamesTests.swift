import API
import Foundation
import HTTP1
import HTTPTypes
import Imaging
import Support
import Testing

@Suite("Request identifiers, traces and records") struct RequestNamesTests {
  private func fields(_ pairs: (String, String)...) -> HTTPFields {
    var fields: HTTPFields = [:]
    for (name, value) in pairs {
      if let name = HTTPField.Name(name) { fields[name] = value }
    }
    return fields
  }

  @Test(arguments: ["a", "A-b_c.9", String(repeating: "x", count: 64), "-", "..."])
  func `Request identifier: a well-formed one is accepted and returned`(name: String) async throws {
    let exchange = StubService()
    for path in ["/livez", "/nothing", "/readyz"] {
      let outcome = try await exchange.send(.get, path, fields: fields(("X-Request-Id", name)))
      #expect(outcome["X-Request-Id"] == name)
      if outcome.status >= 400 {
        #expect(try ProblemDocument(outcome, path).instance == name)
      }
    }
    #expect(exchange.records.value.map(\.id) == [name, name, name])
  }

  @Test(arguments: [
    "", " ", "a b", "a\tb", "ä", "a\u{1b}[2J", "a\"b", "a/b", "a:b", "a%0ab",
    String(repeating: "x", count: 65), "a,b",
  ])
  func `Request identifier: a malformed one is replaced by a new one`(name: String) async throws {
    let count = Box<UInt64>(0)
    let exchange = StubService(policy: AccessPolicy()) {
      count.update { $0 += 1 }
      return count.value
    }
    let outcome = try await exchange.send(.get, "/livez", fields: fields(("X-Request-Id", name)))
    #expect(outcome["X-Request-Id"] == "00000000000000010000000000000002")
  }

  @Test func `Request identifier: bytes that are not a request have one too`() async throws {
    let response = StubService().service.refusal(of: .malformedField)
    let outcome = try await StubService.read(response)
    #expect(outcome["X-Request-Id"]?.wholeMatch(of: /[0-9a-f]{32}/) != nil)
    #expect(try ProblemDocument(outcome, "refusal").kind == "malformed-field")
  }

  static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
  static let parent = "00f067aa0ba902b7"

  @Test(arguments: [
    ("00-\(trace)-\(parent)-01", "01"), ("00-\(trace)-\(parent)-00", "00"),
    ("00-\(trace)-\(parent)-ff", "01"), ("00-\(trace)-\(parent)-02", "00"),
    ("cc-\(trace)-\(parent)-01", "01"), ("cc-\(trace)-\(parent)-01-what-comes-later", "01"),
    ("01-\(trace)-\(parent)-01-", "01"),
  ])
  func `Trace context: a trace is passed on with a span of this server`(
    field: String, flags: String
  ) async throws {
    let exchange = StubService()
    for path in ["/livez", "/nothing"] {
      let outcome = try await exchange.send(.get, path, fields: fields(("traceparent", field)))
      let parts = try #require(outcome["traceparent"]).split(separator: "-").map(String.init)
      try #require(parts.count == 4)
      #expect(parts[0] == "00" && parts[1] == Self.trace && parts[3] == flags)
      #expect(parts[2].wholeMatch(of: /[0-9a-f]{16}/) != nil)
      #expect(parts[2] != Self.parent && parts[2] != "0000000000000000")
      let record = try #require(exchange.records.value.last)
      #expect(record.trace?.trace == Self.trace && record.trace?.span == parts[2])
    }
  }

  @Test(arguments: [
    "", "00", "00-\(trace)-\(parent)", "00-\(trace)-\(parent)-01-", "00-\(trace)-\(parent)-01-x",
    "ff-\(trace)-\(parent)-01", "0-\(trace)-\(parent)-01", "00-\(trace.uppercased())-\(parent)-01",
    "00-\(trace.dropLast())-\(parent)-01", "00-\(trace)0-\(parent)-01",
    "00-\(trace)-\(parent.dropLast())g-01", "00-\(trace)-\(parent)-1", "00-\(trace)-\(parent)-0x",
    "00-\(String(repeating: "0", count: 32))-\(parent)-01",
    "00-\(trace)-\(String(repeating: "0", count: 16))-01", "00_\(trace)_\(parent)_01",
    "cc-\(trace)-\(parent)-01x",
    "00-\(trace)-\(parent)-01, 00-\(trace)-\(parent)-01",
  ])
  func `Trace context: a malformed field is ignored`(field: String) async throws {
    let exchange = StubService()
    let outcome = try await exchange.send(.get, "/livez", fields: fields(("traceparent", field)))
    #expect(outcome["traceparent"] == nil && exchange.records.value.last?.trace == nil)
  }

  @Test(arguments: [
    ("output=pca&stride=7", "output=pca&stride=7"), ("token=abc", "***"),
    ("access_token=abc&output=pca", "***&output=pca"), ("SECRET", "***"),
    ("image=sha256-\(BadInput.zeros)&format=npy", "image=***&format=npy"), ("x=1&y=2", "x=1&y=2"),
    ("", "***"), ("&", "***&***"), ("output", "output"),
  ])
  func `Access record: a query is recorded without values that may be secret`(
    query: String, expected: String
  ) async throws {
    let exchange = StubService()
    _ = try await exchange.send(.get, "/nothing?\(query)")
    #expect(exchange.records.value.last?.query == expected)
  }

  @Test func `Access record: long paths and queries are cut`() async throws {
    let exchange = StubService()
    let long = String(repeating: "a", count: 5000)
    _ = try await exchange.send(.get, "/\(long)?points=\(long)")
    let record = try #require(exchange.records.value.last)
    #expect(record.path.count == 256 && record.query?.count == 256)
  }

  @Test func `Access record: a record states the outcome of a request`() async throws {
    let exchange = StubService()
    let image = try Raster.noise(30, 20).png()
    let outcome = try await exchange.post("quality=draft", image)
    let record = try #require(exchange.records.value.last)
    #expect(exchange.records.value.count == 1)
    #expect(record.method == "POST" && record.resource == "/features" && record.path == "/features")
    #expect(record.status == 200 && record.problem == nil && record.isComplete)
    #expect(record.bytesIn == image.count && record.bytesOut == outcome.body.count)
    #expect(record.stages.map(\.name) == ["queue", "decode", "encode", "upsample", "write"])
    #expect(record.duration > .zero && !record.isAbandoned && record.client == nil)
    let refused = try await exchange.post("stride=0", image)
    let other = try #require(exchange.records.value.last)
    #expect(other.status == 400 && other.problem == "invalid-parameter" && other.bytesIn == 0)
    #expect(other.bytesOut == refused.body.count)
  }
}
