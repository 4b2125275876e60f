import HTTP1
import HTTPTypes
import Synchronization
import Testing

@Suite("Representations") struct RepresentationTests {
  static let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 37) }
  static let fields: HTTPFields = [
    .cacheControl: "no-cache", .contentType: "text/plain", .contentLocation: "/here",
    .expires: "0", .vary: "Accept", .server: "x",
  ]

  /// The same bytes, in memory or produced on demand.
  static let contents: [Representation.Content] = [
    .bytes(bytes),
    .stream(length: bytes.count) { part, writer in
      for start in stride(from: part.lowerBound, to: part.upperBound, by: 64) {
        try await writer.write(Array(bytes[start..<min(start + 64, part.upperBound)]))
      }
    },
  ]

  private final class Collector: BodyWriter {
    let bytes = Mutex<[UInt8]>([])

    func write(_ bytes: [UInt8]) async throws { self.bytes.withLock { $0 += bytes } }
  }

  private func answer(
    _ content: Representation.Content, _ fields: HTTPFields = [:],
    method: HTTPRequest.Method = .get
  ) throws -> Response {
    let head = RequestHead(method: method, target: RequestTarget(path: "/"), fields: fields)
    return try Representation(
      tag: EntityTag(strong: "t"), fields: Self.fields, content: content
    ).response(to: head)
  }

  private func body(_ response: Response) async throws -> [UInt8] {
    switch response.body {
    case .bytes(let bytes): return bytes
    case .stream(let length, let write):
      let collector = Collector()
      try await write(collector)
      #expect(collector.bytes.withLock { $0.count } == length)
      return collector.bytes.withLock { $0 }
    case .unsized:
      Issue.record("a representation has a length")
      return []
    }
  }

  @Test(arguments: contents.indices)
  func `Representation: adjacent parts make up the whole`(index: Int) async throws {
    for size in [1, 7, 64, 333, 999, 1000, 5000] {
      var all: [UInt8] = []
      while all.count < Self.bytes.count {
        let range = "bytes=\(all.count)-\(all.count + size - 1)"
        let part = try answer(Self.contents[index], [.range: range])
        #expect(part.status == .partialContent)
        let received = try await body(part)
        #expect(
          part.fields[.contentRange]
            == "bytes \(all.count)-\(all.count + received.count - 1)/1000")
        #expect(received.count == min(size, Self.bytes.count - all.count))
        #expect(part.fields[.eTag] == "\"t\"" && part.fields[.contentType] == "text/plain")
        all += received
      }
      #expect(all == Self.bytes)
    }
  }

  @Test(arguments: contents.indices)
  func `Representation: the whole has its tag, Accept-Ranges and its fields`(
    index: Int
  ) async throws {
    for range in [nil, "bytes=0-0,5-6", "rows=0-1", "bytes=x"] {
      var fields: HTTPFields = [:]
      fields[.range] = range
      let whole = try answer(Self.contents[index], fields)
      #expect(whole.status == .ok)
      #expect(try await body(whole) == Self.bytes)
      var expected = Self.fields
      expected[.eTag] = "\"t\""
      expected[.acceptRanges] = "bytes"
      #expect(whole.fields == expected)
    }
  }

  @Test func `Representation: only GET has parts`() async throws {
    for method in [HTTPRequest.Method.head, .post, .put] {
      let whole = try answer(Self.contents[1], [.range: "bytes=1-2"], method: method)
      #expect(whole.status == .ok)
      #expect(try await body(whole) == Self.bytes)
      #expect(whole.fields[.acceptRanges] == (method == .head ? "bytes" : nil))
    }
  }

  /// Source: RFC 9110 §13.1.5.
  @Test(arguments: [
    ("\"t\"", true), ("W/\"t\"", false), ("\"s\"", false), ("t", false), ("*", false),
    ("\"t\", \"s\"", false), ("Sun, 06 Nov 1994 08:49:37 GMT", false),
  ])
  func `Representation: If-Range requests a part of the same bytes, or else the whole`(
    condition: String, isSame: Bool
  ) async throws {
    for range in ["bytes=10-19", "bytes=5000-"] {
      let fields: HTTPFields = [.range: range, .ifRange: condition]
      guard isSame, range == "bytes=5000-" else {
        let answer = try answer(Self.contents[1], fields)
        #expect(answer.status == (isSame ? .partialContent : .ok))
        #expect(try await body(answer) == (isSame ? Array(Self.bytes[10..<20]) : Self.bytes))
        // The client has the other fields.
        #expect(answer.fields.contains(.contentType) == !isSame)
        #expect(answer.fields[.eTag] == "\"t\"" && answer.fields[.cacheControl] == "no-cache")
        continue
      }
      #expect(throws: SelectionError.rangeNotSatisfiable(length: 1000)) {
        try answer(Self.contents[1], fields)
      }
    }
  }

  @Test func `Representation: without a tag no If-Range matches`() throws {
    let head = RequestHead(
      method: .get, target: RequestTarget(path: "/"),
      fields: [.range: "bytes=0-1", .ifRange: "\"\""])
    let representation = Representation(tag: nil, fields: [:], content: Self.contents[0])
    #expect(try representation.response(to: head).status == .ok)
  }

  @Test
  func `Representation: a client that has the bytes gets neither them nor their fields`()
    async throws
  {
    for method in [HTTPRequest.Method.get, .head] {
      let answer = try answer(
        Self.contents[1], [.ifNoneMatch: "\"t\"", .range: "bytes=0-1"], method: method)
      #expect(answer.status == .notModified)
      #expect(try await body(answer).isEmpty)
      #expect(
        answer.fields == [
          .cacheControl: "no-cache", .contentLocation: "/here", .expires: "0", .vary: "Accept",
          .eTag: "\"t\"",
        ])
    }
  }

  @Test func `Representation: conditions come before ranges`() {
    for fields: HTTPFields in [
      [.ifMatch: "\"s\"", .range: "bytes=0-1"], [.ifMatch: "\"s\"", .range: "bytes=5000-"],
      [.ifMatch: "\"s\"", .ifNoneMatch: "\"t\""],
    ] {
      #expect(throws: SelectionError.preconditionFailed) { try answer(Self.contents[0], fields) }
    }
    #expect(throws: SelectionError.preconditionFailed) {
      try answer(Self.contents[0], [.ifNoneMatch: "*"], method: .post)
    }
  }
}
