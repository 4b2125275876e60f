import HTTP1
import Testing

/// A small pseudorandom generator with a fixed sequence.
///
/// Source: Marsaglia 2003, xorshift64.
struct Xorshift: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state
  }
}

@Suite("Mutated requests") struct MutationTests {
  static let seeds: [[UInt8]] = [
    get("Content-Length: 5\r\nX-A: b", body: "01234") + get("Connection: close"),
    ChunkTests.bytes("2;a=\"b\";c\r\nab\r\n10\r\n0123456789abcdef\r\n0\r\nX: y\r\n\r\n")
      + get("A: b"),
    request("OPTIONS http://a:80/b?c=d HTTP/1.1", "Host: a:80", "Expect: 100-continue"),
    "\r\n" + request("PUT /a/%2e HTTP/1.0", "Host: [::1]:8", "Connection: keep-alive, x", "X: "),
  ].map { Array($0.utf8) }

  /// Pieces of syntax, which reach the parser's branches more often than random bytes do.
  static let tokens: [[UInt8]] = [
    "\r\n", "\n", "\r", " ", "\t", ":", ";", ",", "\"", "\\", "0", "-", "+", "0x", "\0", "\u{7F}",
    "chunked", "Transfer-Encoding: chunked\r\n", "Content-Length: 3\r\n", "Host: b\r\n", "\r\n\r\n",
    "HTTP/1.1", "*", "%", "ffffffffffffffff", "99999999999999999999", "Expect: x\r\n",
  ].map { Array($0.utf8) }

  static func mutated(using random: inout Xorshift) -> [UInt8] {
    var bytes = seeds[Int.random(in: 0..<seeds.count, using: &random)]
    for _ in 0..<Int.random(in: 1...4, using: &random) {
      let index = Int.random(in: 0..<bytes.count, using: &random)
      switch Int.random(in: 0..<5, using: &random) {
      case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
      case 1: bytes.remove(at: index)
      case 2: bytes.insert(bytes[index], at: index)
      case 3:
        let token = tokens[Int.random(in: 0..<tokens.count, using: &random)]
        bytes.insert(contentsOf: token, at: index)
      default:
        let end = Int.random(in: index...min(bytes.count, index + 12), using: &random)
        bytes.removeSubrange(index..<end)
      }
      if bytes.isEmpty { bytes = [0] }
    }
    return bytes
  }

  static func pieces(of bytes: [UInt8], using random: inout Xorshift) -> [ArraySlice<UInt8>] {
    var pieces: [ArraySlice<UInt8>] = []
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + Int.random(in: 1...40, using: &random))
      pieces.append(bytes[start..<end])
      start = end
    }
    return pieces
  }

  @Test(arguments: [1, 2, 3, 4] as [UInt64])
  func `RequestParser: any bytes are parsed alike however they are split`(seed: UInt64) {
    var random = Xorshift(state: seed &* 0x9E37_79B9_7F4A_7C15)
    var accepted = 0
    for _ in 0..<25_000 {
      let bytes = Self.mutated(using: &random)
      let whole = Transcript(bytes, bodyLimit: 64)
      let cut = Transcript(
        pieces: Self.pieces(of: bytes, using: &random), bodyLimit: 64,
        eventsPerPiece: Int.random(in: 0...4, using: &random))
      guard cut == whole else {
        Issue.record("\(bytes): \(whole.lines), cut: \(cut.lines)")
        return
      }
      if whole.violation == nil { accepted += 1 }
    }
    // The mutations give both valid and invalid requests.
    #expect((1_000..<24_000).contains(accepted))
  }
}
