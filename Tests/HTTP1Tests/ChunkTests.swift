import HTTP1
import Testing

@Suite("Chunks") struct ChunkTests {
  static let head = "POST / 1.1 chunked keep"

  static func bytes(_ body: String) -> String {
    request("POST / HTTP/1.1", "Host: a", "Transfer-Encoding: chunked", body: body)
  }

  static func good(_ body: String, data: String = "ab") -> WireCase {
    WireCase("'\(body)'", bytes(body), head, "body \(data)", "end")
  }

  static let sound: [WireCase] = [
    good("2\r\nab\r\n0\r\n\r\n"), good("1\r\na\r\n1\r\nb\r\n0\r\n\r\n"),
    good("00000002\r\nab\r\n000\r\n\r\n"), good("0000000000000002\r\nab\r\n0\r\n\r\n"),
    good("a\r\n0123456789\r\n0\r\n\r\n", data: "0123456789"),
    good("A\r\n0123456789\r\n0\r\n\r\n", data: "0123456789"),
    good("2;a\r\nab\r\n0\r\n\r\n"), good("2;a=b\r\nab\r\n0;c\r\n\r\n"),
    good("2;a=\"b\\\" \t;\u{E4}\";c;d=e\r\nab\r\n0\r\n\r\n"), good("2;a=\"\"\r\nab\r\n0\r\n\r\n"),
    good("2\r\nab\r\n0\r\nX: y\r\nZ:\r\n\r\n"),
    good("2\r\n\r\n\r\n0\r\n\r\n", data: "\r\n"),
    good(
      "2\r\nab\r\n0\r\nHost: b\r\nContent-Length: 9\r\nTransfer-Encoding: x\r\n"
        + "Authorization: c\r\nContent-Type: d\r\n\r\n"),
    WireCase("empty", bytes("0\r\n\r\n"), head, "end"),
    WireCase("unfinished", bytes("2\r\nab\r\n"), head, "body ab", "…"),
    WireCase("unfinished trailers", bytes("2\r\nab\r\n0\r\n"), head, "body ab", "…"),
    WireCase(
      "then a request", bytes("2\r\nab\r\n0\r\n\r\n") + get("X: y"), head, "body ab", "end",
      "GET / 1.1 none keep", "end"),
  ]

  static let badSizes = [
    "0x2", "+2", "-2", "2_0", " 2", "2 ", "\t2", "2\t", "", "g", "00000000000000002",
    "8000000000000000", "FFFFFFFFFFFFFFFF", "10000000000000000", "2\u{B}", "2.0", "2,", "\0",
  ].map { WireCase("size '\($0)'", bytes("\($0)\r\nab\r\n0\r\n\r\n"), head, "! malformedChunk") }

  static let badExtensions = [
    ";", ";;a", ";a;", "; a", ";a =b", ";a= b", " ;a", ";a=", ";=b", ";a=\"b", ";a=\"b\"c",
    ";a\u{1}", ";a=b\u{7F}", ";a=\"\u{1}\"", ";a\nb", ";a\rb", ";a=\"\r\n\"", ";a=\"\\\u{1}\"",
    ";\u{E4}",
  ].map {
    WireCase("extension '\($0)'", bytes("2\($0)\r\nab\r\n0\r\n\r\n"), head, "! malformedChunk")
  }

  static func bad(_ body: String, data: String? = nil, _ why: String = "malformedChunk")
    -> WireCase
  {
    WireCase(
      "'\(body)'", Array(bytes(body).utf8),
      [head] + (data.map { ["body \($0)"] } ?? []) + ["! \(why)"])
  }

  static let badLines: [WireCase] = [
    bad("2\nab\r\n0\r\n\r\n"), bad("2\rab\r\n0\r\n\r\n"), bad("2\r\nab0\r\n\r\n", data: "ab"),
    bad("2\r\nab\n0\r\n\r\n", data: "ab"), bad("2\r\nab\r0\r\n\r\n", data: "ab"),
    bad("2\r\nabc\r\n0\r\n\r\n", data: "ab"), bad("3\r\nab\r\n0\r\n\r\n", data: "ab\r"),
    bad("2\r\nab\r\n\r\n", data: "ab"), bad("2\r\nab\r\n0\r\n\n", data: "ab", "malformedField"),
    bad("2\r\nab\r\n0\r\nX\r\n\r\n", data: "ab", "malformedField"),
    bad("2\r\nab\r\n0\r\n X: y\r\n\r\n", data: "ab", "malformedField"),
    bad("2\r\nab\r\n0\r\nX : y\r\n\r\n", data: "ab", "malformedField"),
  ]

  static let long = String(repeating: "x", count: 1 << 20)
  static let limits: [WireCase] = [
    bad("2;\(long)\r\nab\r\n0\r\n\r\n", "chunkExtensionsTooLarge(limit: 16384)"),
    bad("2\r\nab\r\n0\r\nX: \(long)\r\n\r\n", data: "ab", "chunkExtensionsTooLarge(limit: 16384)"),
    WireCase(
      "a chunk over the limit", bytes("2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n"), head, "body ab",
      "! bodyTooLarge(limit: 3)", bodyLimit: 3),
    WireCase(
      "a huge chunk over the limit", bytes("7FFFFFFFFFFFFFFF\r\nab"), head,
      "! bodyTooLarge(limit: 3)", bodyLimit: 3),
    WireCase(
      "chunks that add up beyond every length", bytes("2\r\nab\r\n7FFFFFFFFFFFFFFF\r\n"), head,
      "body ab", "! bodyTooLarge(limit: 9223372036854775807)"),
    WireCase(
      "at the limit", bytes("2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n"), head, "body abcd", "end",
      bodyLimit: 4),
    // 4,096 chunks are free, and one more for every 64 bytes: n ≤ 4,096 + n / 64 up to n = 4,161.
    WireCase(
      "a million chunks of one byte",
      bytes(String(repeating: "1\r\na\r\n", count: 1_000_000) + "0\r\n\r\n"), head,
      "body of 4161", "! chunkFramingTooLarge(limit: 65536)"),
  ]

  @Test(arguments: sound)
  func `Chunks: a body is decoded`(_ wire: WireCase) {
    wire.check()
  }

  @Test(arguments: badSizes + badExtensions + badLines)
  func `Chunks: malformed chunks are refused`(_ wire: WireCase) {
    wire.check()
  }

  @Test(arguments: limits)
  func `Chunks: framing and bodies have limits`(_ wire: WireCase) {
    let whole = Transcript(Array(wire.bytes), bodyLimit: wire.bodyLimit)
    #expect(whole.lines == wire.expected)
    let pieces = stride(from: 0, to: wire.bytes.count, by: 7).map {
      wire.bytes[$0..<min($0 + 7, wire.bytes.count)]
    }
    #expect(Transcript(pieces: pieces, bodyLimit: wire.bodyLimit) == whole)
  }

  @Test func `Chunks: any number of chunks of 64 bytes is accepted`() {
    let chunk = "40\r\n" + String(repeating: "x", count: 64) + "\r\n"
    let text = Self.bytes(String(repeating: chunk, count: 20_000) + "0\r\n\r\n")
    #expect(Transcript(Array(text.utf8)).lines == [Self.head, "body of 1280000", "end"])
  }
}
