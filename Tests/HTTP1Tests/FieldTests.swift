import HTTP1
import HTTPTypes
import Testing

@Suite("Fields") struct FieldTests {
  static let ok = ["GET / 1.1 none keep", "end"]

  static func host(_ value: String) -> String { request("GET / HTTP/1.1", "Host: \(value)") }

  static func value(_ bytes: UInt8...) -> [UInt8] {
    Array("GET / HTTP/1.1\r\nHost: a\r\nX: b".utf8) + bytes + Array("c\r\n\r\n".utf8)
  }

  static func name(_ bytes: UInt8...) -> [UInt8] {
    Array("GET / HTTP/1.1\r\nHost: a\r\nX".utf8) + bytes + Array("y: c\r\n\r\n".utf8)
  }

  static let goodHosts = [
    "a", "a.example", "a:1", "localhost:65535", "127.0.0.1:8471", "[::1]", "[::1]:80",
    "[::ffff:1.2.3.4]", "under_score",
  ].map { WireCase("host \($0)", Array(host($0).utf8), ok) }

  static let badHosts = [
    "", "a, b", "a b", "u@a", "u:p@a", "a/b", "a?b", "a#b", "a:", "a:0", "a:01", "a:65536",
    "a:999999", "a:x", "a:-1", "a:80:80", ":80", "[::1", "[]", "[:]", "[::1]x", "[::g]", "::1",
    "a%41", "http://a", "a\u{E4}", "a;b", "\"a\"",
  ].map { WireCase("host '\($0)'", host($0), "! malformedHost") }

  static let hosts: [WireCase] = [
    WireCase("no Host", request("GET / HTTP/1.1"), "! malformedHost"),
    WireCase("two Hosts", get("Host: b"), "! malformedHost"),
    WireCase("the same Host twice", get("host: a"), "! malformedHost"),
    WireCase("1.0 without Host", request("GET / HTTP/1.0"), "GET / 1.0 none close", "end"),
    WireCase("1.0 with bad Host", request("GET / HTTP/1.0", "Host: a b"), "! malformedHost"),
  ]

  static let syntax: [WireCase] = [
    WireCase("blank before colon", get("X : b"), "! malformedField"),
    WireCase("tab before colon", get("X\t: b"), "! malformedField"),
    WireCase("no colon", get("X"), "! malformedField"),
    WireCase("no name", get(": b"), "! malformedField"),
    WireCase("blank in name", get("X Y: b"), "! malformedField"),
    WireCase("separator in name", get("X@Y: b"), "! malformedField"),
    WireCase("tab in name", name(9), ["! malformedField"]),
    WireCase("control in name", name(1), ["! malformedField"]),
    WireCase("NUL in name", name(0), ["! malformedField"]),
    WireCase("not ASCII in name", name(0xC3, 0xA4), ["! malformedField"]),
    WireCase("folded value", get("X: b\r\n c"), "! malformedField"),
    WireCase("folded by a tab", get("X: b\r\n\tc"), "! malformedField"),
    WireCase("line of blanks", get("  "), "! malformedField"),
    WireCase(
      "blank before the first field", request("GET / HTTP/1.1", " Host: a"), "! malformedField"),
    WireCase("NUL in value", value(0), ["! malformedField"]),
    WireCase("bare CR in value", value(13), ["! malformedField"]),
    WireCase("bare LF in value", value(10), ["! malformedField"]),
    WireCase("control in value", value(0x1B), ["! malformedField"]),
    WireCase("delete in value", value(0x7F), ["! malformedField"]),
    WireCase("tab in value", value(9), ok),
    WireCase("opaque bytes in value", value(0xE4, 0xFF), ok),
    WireCase("LF ends a line", "GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n", "! malformedField"),
    WireCase("LF ends the head", "GET / HTTP/1.1\r\nHost: a\r\n\n", "! malformedField"),
    WireCase("CR ends the head", "GET / HTTP/1.1\r\nHost: a\r\n\rX", "! malformedField"),
    WireCase("empty value", Array(get("X:").utf8), ok),
    WireCase("value of blanks", Array(get("X: \t ").utf8), ok),
  ]

  static func fields(_ count: Int, value: String = "b") -> [UInt8] {
    let lines = (1..<count).map { "X\($0): \(value)\r\n" }
    return Array(("GET / HTTP/1.1\r\nHost: a\r\n" + lines.joined() + "\r\n").utf8)
  }

  static func head(of length: Int) -> [UInt8] {
    let text = get("X: ")
    return Array(get("X: " + String(repeating: "b", count: length - text.utf8.count)).utf8)
  }

  static let sizes: [WireCase] = [
    WireCase("100 fields", fields(100), ok),
    WireCase("101 fields", fields(101), ["! tooManyFields(limit: 100)"]),
    WireCase("32 KiB", head(of: 32 * 1024), ok),
    WireCase("32 KiB and a byte", head(of: 32 * 1024 + 1), ["! headTooLarge(limit: 32768)"]),
    WireCase(
      "long name", get(String(repeating: "n", count: 40_000) + ": b"),
      "! headTooLarge(limit: 32768)"),
    WireCase(
      "long total", fields(99, value: String(repeating: "v", count: 400)),
      ["! headTooLarge(limit: 32768)"]),
  ]

  static let meaning: [WireCase] = [
    WireCase("two types", get("Content-Type: a/b\r\ncontent-type: a/b"), "! malformedField"),
    WireCase("two tokens", get("Authorization: b\r\nAuthorization: c"), "! malformedField"),
    WireCase("two of a list", Array(get("Accept: a/b\r\nAccept: c/d").utf8), ok),
    WireCase("Content_Length", Array(get("Content_Length: 5").utf8), ok),
    WireCase("Transfer_Encoding", Array(get("Transfer_Encoding: chunked").utf8), ok),
    WireCase("close", get("Connection: close"), "GET / 1.1 none close", "end"),
    WireCase("Close in a list", get("connection: x, Close"), "GET / 1.1 none close", "end"),
    WireCase(
      "close in a second field", get("Connection: x\r\nConnection: close"),
      "GET / 1.1 none close", "end"),
    WireCase("empty elements", Array(get("Connection: , keep-alive,").utf8), ok),
    WireCase("no token", get("Connection: \"close\""), "! malformedField"),
    WireCase(
      "1.0 keep-alive", request("GET / HTTP/1.0", "Connection: Keep-Alive"),
      "GET / 1.0 none keep", "end"),
    WireCase(
      "close beats keep-alive", request("GET / HTTP/1.0", "Connection: keep-alive, close"),
      "GET / 1.0 none close", "end"),
    WireCase("upgrade", Array(get("Connection: Upgrade\r\nUpgrade: h2c").utf8), ok),
    WireCase("upgrade alone", Array(get("Upgrade: websocket").utf8), ok),
    WireCase("odd cookies", Array(get("Cookie: ;=;a\u{E4},,\"\r\nCookie: ===").utf8), ok),
    WireCase(
      "continue", get("Content-Length: 1\r\nExpect: 100-Continue", body: "x"),
      "GET / 1.1 fixed 1 keep continue", "body x", "end"),
    WireCase("continue without a body", Array(get("Expect: 100-continue").utf8), ok),
    WireCase("other expectation", get("Expect: 200-ok"), "! unsupportedExpectation"),
    WireCase(
      "a second expectation", get("Expect: 100-continue\r\nExpect: x"),
      "! unsupportedExpectation"),
    WireCase(
      "expectation on 1.0",
      request("PUT / HTTP/1.0", "Expect: x", "Content-Length: 1", body: "x"),
      "PUT / 1.0 fixed 1 close", "body x", "end"),
  ]

  @Test(arguments: goodHosts + badHosts + hosts)
  func `Fields: there is one valid Host`(_ wire: WireCase) {
    wire.check()
  }

  @Test(arguments: syntax)
  func `Fields: a line is read unchanged or refused`(_ wire: WireCase) {
    wire.check()
  }

  @Test(arguments: sizes)
  func `Fields: a head has a maximum size`(_ wire: WireCase) {
    wire.check()
  }

  @Test(arguments: meaning)
  func `Fields: a repeated single-valued field is refused`(_ wire: WireCase) {
    wire.check()
  }

  @Test func `Fields: names and values arrive in order, trimmed and otherwise unchanged`() {
    let text = get("x-A: \t one two \t\r\nX-a:three\r\nCookie: b=1; c=2")
    guard case .head(let head)? = Transcript(Array(text.utf8)).events.first else {
      Issue.record("no head")
      return
    }
    #expect(head.fields.map(\.name.rawName) == ["Host", "x-A", "X-a", "Cookie"])
    #expect(head.fields.map(\.value) == ["a", "one two", "three", "b=1; c=2"])
  }

  @Test func `Fields: those named by Connection are removed, with Connection itself`() {
    let text = get("X-Hop: 1\r\nX-Kept: 2\r\nConnection: x-hop, close")
    guard case .head(let head)? = Transcript(Array(text.utf8)).events.first else {
      Issue.record("no head")
      return
    }
    #expect(head.fields.map(\.name.canonicalName) == ["host", "x-kept"])
    #expect(!head.keepsAlive)
  }
}
