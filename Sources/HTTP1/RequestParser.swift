/// Parses the bytes of a connection into requests, in sequence.
///
/// It has no socket and no clock. Bytes go in as they arrive, events come out; how the bytes were
/// split affects only the split of `body` events. Bytes after a request are kept for the next one.
/// After a violation the start of a next request is unknown, so the parser throws the same error on
/// every call and the connection must be closed. Source: RFC 9112.
package struct RequestParser: Sendable {
  package enum Event: Equatable, Sendable {
    case head(RequestHead)
    /// The next part of the body, never empty.
    case body([UInt8])
    case end
  }

  private enum Phase {
    case head
    case fixed(remaining: Int)
    case chunked
  }

  private let limits: ProtocolLimits
  private var buffer = ReceiveBuffer()
  private var heads: HeadParser
  private var chunks: ChunkedDecoder
  private var phase = Phase.head
  private var failure: ProtocolViolation?

  package init(limits: ProtocolLimits) {
    self.limits = limits
    heads = HeadParser(limits: limits)
    chunks = ChunkedDecoder(limits: limits)
  }

  /// Bytes received and not yet returned, including those of an incomplete head.
  ///
  /// A caller that stops receiving while this is above a limit of its own bounds the memory.
  package var buffered: Int { buffer.count + heads.count }

  /// Whether it is between two requests, without a byte of the next.
  package var isIdle: Bool {
    guard failure == nil, case .head = phase else { return false }
    return buffered == 0
  }

  /// Adds received bytes; an array is shared rather than copied when nothing else is waiting.
  package mutating func receive(_ bytes: [UInt8]) {
    guard failure == nil else { return }
    buffer.append(bytes)
  }

  package mutating func receive(_ bytes: ArraySlice<UInt8>) {
    guard failure == nil else { return }
    buffer.append(bytes)
  }

  package mutating func receive(_ bytes: some Sequence<UInt8>) {
    guard failure == nil else { return }
    buffer.append(bytes)
  }

  /// Sets the maximum body of the request whose head was just returned.
  ///
  /// A longer one makes `next` throw: at once when the head states its length, else when a chunk
  /// begins that would exceed the limit.
  package mutating func limitBody(to limit: Int) {
    guard failure == nil else { return }
    switch phase {
    case .head:
      return
    case .fixed(let remaining):
      if remaining > limit { fail(.bodyTooLarge(limit: limit)) }
    case .chunked:
      chunks.bodyLimit = limit
      if chunks.total > limit { fail(.bodyTooLarge(limit: limit)) }
    }
  }

  /// The next event, or `nil` when more bytes are needed.
  package mutating func next() throws(ProtocolViolation) -> Event? {
    if let failure { throw failure }
    do {
      switch phase {
      case .head: return try nextHead()
      case .fixed(let remaining): return nextBody(remaining: remaining)
      case .chunked: return try nextChunks()
      }
    } catch {
      fail(error)
      throw error
    }
  }

  private mutating func nextHead() throws(ProtocolViolation) -> Event? {
    guard let head = try heads.read(from: &buffer) else { return nil }
    heads = HeadParser(limits: limits)
    switch head.framing {
    case .none:
      phase = .fixed(remaining: 0)
    case .fixed(let length):
      phase = .fixed(remaining: length)
    case .chunked:
      chunks = ChunkedDecoder(limits: limits)
      phase = .chunked
    }
    return .head(head)
  }

  private mutating func nextBody(remaining: Int) -> Event? {
    if remaining == 0 {
      phase = .head
      return .end
    }
    guard !buffer.isEmpty else { return nil }
    let bytes = buffer.take(upTo: remaining)
    phase = .fixed(remaining: remaining - bytes.count)
    return .body(bytes)
  }

  private mutating func nextChunks() throws(ProtocolViolation) -> Event? {
    var body: [UInt8] = []
    do {
      if try chunks.decode(&buffer, into: &body) { phase = .fixed(remaining: 0) }
    } catch {
      // The part before the violation was valid; the next call throws.
      guard !body.isEmpty else { throw error }
      fail(error)
    }
    if !body.isEmpty { return .body(body) }
    if case .fixed = phase { return nextBody(remaining: 0) }
    return nil
  }

  private mutating func fail(_ violation: ProtocolViolation) {
    failure = violation
    buffer = ReceiveBuffer()
  }
}
