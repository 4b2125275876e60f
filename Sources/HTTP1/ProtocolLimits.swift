/// Limits on a request's head and framing.
package struct ProtocolLimits: Sendable, Hashable {
  /// Bytes of the request target.
  package var target = 8 * 1024
  /// Bytes from the request line to the empty line, both included.
  package var head = 32 * 1024
  package var fields = 100
  /// Empty lines skipped before a request.
  ///
  /// Source: RFC 9112 §2.2.
  package var leadingEmptyLines = 4
  /// Bytes of chunk extensions and trailers in one body.
  package var chunkExtensions = 16 * 1024
  /// Bytes of chunk framing, at 16 a chunk, that a body may cost beyond a quarter of its length.
  package var chunkFraming = 64 * 1024

  package init() {}
}
