import HTTP1
import Testing

/// Bytes on a connection, with the expected output of a parser.
struct WireCase: Sendable, CustomTestStringConvertible {
  let name: String
  let bytes: [UInt8]
  let expected: [String]
  var bodyLimit: Int?

  init(_ name: String, _ bytes: [UInt8], _ expected: [String], bodyLimit: Int? = nil) {
    self.name = name
    self.bytes = bytes
    self.expected = expected
    self.bodyLimit = bodyLimit
  }

  init(_ name: String, _ text: String, _ expected: String..., bodyLimit: Int? = nil) {
    self.init(name, Array(text.utf8), expected, bodyLimit: bodyLimit)
  }

  var testDescription: String { String(name.debugDescription.prefix(80)) }

  static let good = Array("PUT /first HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nok".utf8)
  static let goodLines = ["PUT /first 1.1 fixed 2 keep", "body ok", "end"]

  /// Checks the same output for the bytes whole, after another request, split anywhere, and byte by
  /// byte.
  func check() {
    let whole = Transcript(bytes, bodyLimit: bodyLimit)
    #expect(whole.lines == expected)

    let behind = Transcript(Self.good + bytes, bodyLimit: bodyLimit)
    #expect(behind.lines == Self.goodLines + expected)

    let single = Transcript(
      pieces: bytes.indices.map { bytes[$0...$0] }, bodyLimit: bodyLimit)
    #expect(single == whole)

    for cut in stride(from: 1, to: bytes.count, by: max(1, bytes.count / 500)) {
      let halves = Transcript(pieces: [bytes[..<cut], bytes[cut...]], bodyLimit: bodyLimit)
      guard halves == whole else {
        Issue.record("cut at \(cut): \(halves.lines)")
        return
      }
    }
  }
}

/// A request of these lines, an empty one at its end, and then a body.
func request(_ lines: String..., body: String = "") -> String {
  lines.map { $0 + "\r\n" }.joined() + "\r\n" + body
}

/// A `GET / HTTP/1.1` for a valid host with one more field line.
func get(_ fieldLine: String, body: String = "") -> String {
  request("GET / HTTP/1.1", "Host: a", fieldLine, body: body)
}
