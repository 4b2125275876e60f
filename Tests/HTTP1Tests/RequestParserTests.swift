import HTTP1
import HTTPTypes
import Testing

@Suite("Request parser") struct RequestParserTests {
  static let long = Array(get("Content-Length: 100000").utf8)

  static func parser(_ bytes: [UInt8]) -> RequestParser {
    var parser = RequestParser(limits: ProtocolLimits())
    parser.receive(bytes)
    return parser
  }

  static func requireHead(from parser: inout RequestParser) throws {
    let event = try #require(try parser.next())
    guard case .head = event else { throw ProtocolViolation.malformedRequestLine }
  }

  @Test func `RequestParser: a hundred pipelined requests come out in order`() {
    let texts = (0..<100).map { number in
      number.isMultiple(of: 3)
        ? request("GET /\(number) HTTP/1.1", "Host: a")
        : request(
          "PUT /\(number) HTTP/1.1", "Host: a", "Content-Length: \(number)",
          body: String(repeating: "x", count: number))
    }
    let bytes = Array(texts.joined().utf8)
    let whole = Transcript(bytes)
    let paths = whole.events.compactMap { event in
      if case .head(let head) = event { head.target.path } else { nil }
    }
    #expect(paths == (0..<100).map { "/\($0)" })
    // The same when bytes arrive faster than events are taken.
    for size in [1, 20, 40, 60, 100, 1_000] {
      let pieces = stride(from: 0, to: bytes.count, by: size).map {
        bytes[$0..<min($0 + size, bytes.count)]
      }
      #expect(Transcript(pieces: pieces, eventsPerPiece: 1) == whole)
    }
  }

  @Test func `RequestParser: a violation is thrown on every call`() throws {
    var parser = Self.parser(Array("GET\r\n".utf8))
    for _ in 0..<3 {
      #expect(throws: ProtocolViolation.malformedRequestLine) { try parser.next() }
      parser.receive(WireCase.good)
      #expect(parser.buffered < 100)
    }
    #expect(!parser.isIdle)
  }

  @Test func `RequestParser: it is not idle once a byte of a request has arrived`() throws {
    var parser = RequestParser(limits: ProtocolLimits())
    #expect(parser.isIdle)
    parser.receive([UInt8(ascii: "G")])
    #expect(!parser.isIdle)
    #expect(try parser.next() == nil)
    #expect(!parser.isIdle && parser.buffered == 1)
  }

  @Test
  func `RequestParser: it is idle after the end of a body and before the next request`() throws {
    var parser = Self.parser(WireCase.good)
    #expect(!parser.isIdle)
    while let event = try parser.next(), event != .end { #expect(!parser.isIdle) }
    #expect(parser.isIdle && parser.buffered == 0)
    parser.receive(WireCase.good)
    #expect(!parser.isIdle && parser.buffered == WireCase.good.count)
  }

  @Test func `RequestParser: a limit holds for the request whose head was returned last`() throws {
    var parser = Self.parser(WireCase.good + WireCase.good)
    try Self.requireHead(from: &parser)
    parser.limitBody(to: 2)
    #expect(try parser.next() == .body(Array("ok".utf8)))
    #expect(try parser.next() == .end)
    try Self.requireHead(from: &parser)
    parser.limitBody(to: 1)
    #expect(throws: ProtocolViolation.bodyTooLarge(limit: 1)) { try parser.next() }
  }

  @Test func `RequestParser: a limit set for one chunked body does not apply to the next`() throws {
    let chunked = Array(ChunkTests.bytes("2\r\nab\r\n0\r\n\r\n").utf8)
    var parser = Self.parser(chunked + chunked)
    _ = try parser.next()
    parser.limitBody(to: 2)
    while let event = try parser.next(), event != .end {}
    _ = try parser.next()
    #expect(try parser.next() == .body(Array("ab".utf8)))
  }

  @Test func `RequestParser: all ways of receiving are equivalent`() throws {
    let bytes = Self.long + [UInt8](repeating: 7, count: 100_000)
    var parsers = Array(repeating: RequestParser(limits: ProtocolLimits()), count: 3)
    parsers[0].receive(bytes)
    parsers[1].receive(bytes[...])
    parsers[2].receive(AnySequence(bytes))
    for index in parsers.indices {
      try Self.requireHead(from: &parsers[index])
      #expect(try parsers[index].next() == .body([UInt8](repeating: 7, count: 100_000)))
      #expect(try parsers[index].next() == .end)
    }
  }

  @Test func `RequestParser: limits are arguments`() {
    var limits = ProtocolLimits()
    limits.target = 3
    limits.fields = 1
    limits.leadingEmptyLines = 0
    let cases = [
      ("GET /ab HTTP/1.1\r\nHost: a\r\n\r\n", "GET /ab 1.1 none keep"),
      ("GET /abc HTTP/1.1\r\n", "! targetTooLong(limit: 3)"),
      ("GET / HTTP/1.1\r\nHost: a\r\nX: b\r\n\r\n", "! tooManyFields(limit: 1)"),
      ("\r\nGET / HTTP/1.1\r\n", "! malformedRequestLine"),
    ]
    for (text, line) in cases {
      #expect(Transcript(Array(text.utf8), limits: limits).lines.first == line)
    }
  }
}
