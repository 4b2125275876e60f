/// How a client finds the end of an answer's body.
///
/// Source: RFC 9112 §6.3, §7.1.
package enum ResponseFraming: Sendable, Hashable {
  /// No body follows the head.
  case none
  /// Exactly so many bytes.
  case length(Int)
  /// Chunks, each with its length before it; an empty one is the last.
  case chunked
  /// Bytes until the connection closes, for clients that know no chunks.
  case untilClose

  /// The bytes that carry a piece of the body; a piece without bytes carries nothing.
  package func piece(_ bytes: [UInt8]) -> [UInt8] {
    guard self == .chunked, !bytes.isEmpty else { return bytes }
    var chunk = Array("\(String(bytes.count, radix: 16))\r\n".utf8)
    chunk.reserveCapacity(chunk.count + bytes.count + 2)
    chunk += bytes
    chunk += [ASCII.carriageReturn, ASCII.lineFeed]
    return chunk
  }

  /// The bytes that tell a client that the body is whole.
  package var end: [UInt8] { self == .chunked ? Array("0\r\n\r\n".utf8) : [] }
}
