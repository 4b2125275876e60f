/// Decodes the chunked transfer coding.
///
/// Source: RFC 9112 §7.1.
///
/// Extensions and trailers are validated, counted and dropped. A body in many tiny chunks is
/// refused when its framing, at 16 bytes per chunk, exceeds the sum of a quarter of the body and an
/// allowance.
struct ChunkedDecoder: Sendable {
  private enum Expected {
    case size
    case `extension`
    case sizeLineFeed
    case data
    case dataReturn
    case dataLineFeed
    case trailer
  }

  /// Sixteen digits can express every 64-bit length.
  private static let longestSize = 16
  private static let weight = 16

  private let limits: ProtocolLimits
  private var expected = Expected.size
  private var digits = 0
  /// Bytes of the current chunk that are still missing.
  private var remaining = 0
  private var chunks = 0
  /// Bytes of extensions and trailers so far.
  private var extra = 0
  private var chunkExtension = ChunkExtension()
  private var trailers: FieldSectionParser

  /// Bytes of the body, including all of the current chunk.
  private(set) var total = 0
  /// The maximum bytes of the body.
  var bodyLimit = Int.max

  init(limits: ProtocolLimits) {
    self.limits = limits
    trailers = FieldSectionParser(limit: limits.fields)
  }

  /// Moves data from the buffer to `body`; true when the last trailer has been read.
  ///
  /// When it throws, `body` has the data before the violation.
  mutating func decode(
    _ buffer: inout ReceiveBuffer, into body: inout [UInt8]
  ) throws(ProtocolViolation) -> Bool {
    while !buffer.isEmpty {
      if expected == .data {
        let data = buffer.take(upTo: remaining)
        remaining -= data.count
        if remaining == 0 { expected = .dataReturn }
        if body.isEmpty { body = data } else { body.append(contentsOf: data) }
      } else if let byte = buffer.popFirst(), try read(byte) {
        return true
      }
    }
    return false
  }

  /// Reads one byte of framing.
  private mutating func read(_ byte: UInt8) throws(ProtocolViolation) -> Bool {
    switch expected {
    case .size:
      try readSize(byte)
    case .extension:
      try countExtra()
      if try chunkExtension.read(byte) { expected = .sizeLineFeed }
    case .sizeLineFeed:
      guard byte == ASCII.lineFeed else { throw .malformedChunk }
      try beginChunk()
    case .dataReturn:
      guard byte == ASCII.carriageReturn else { throw .malformedChunk }
      expected = .dataLineFeed
    case .dataLineFeed:
      guard byte == ASCII.lineFeed else { throw .malformedChunk }
      expected = .size
    case .trailer:
      try countExtra()
      return try trailers.read(byte) != nil
    case .data:
      // `decode` moves data in bulk.
      throw .malformedChunk
    }
    return false
  }

  private mutating func readSize(_ byte: UInt8) throws(ProtocolViolation) {
    if let digit = byte.hexDigit {
      guard digits < Self.longestSize, remaining <= Int.max >> 4 else { throw .malformedChunk }
      remaining = remaining << 4 | digit
      digits += 1
    } else if digits > 0, byte == ASCII.semicolon {
      try countExtra()
      chunkExtension = ChunkExtension()
      expected = .extension
    } else {
      guard digits > 0, byte == ASCII.carriageReturn else { throw .malformedChunk }
      expected = .sizeLineFeed
    }
  }

  private mutating func beginChunk() throws(ProtocolViolation) {
    digits = 0
    guard remaining > 0 else {
      expected = .trailer
      return
    }
    let (sum, overflows) = total.addingReportingOverflow(remaining)
    guard !overflows, sum <= bodyLimit else { throw .bodyTooLarge(limit: bodyLimit) }
    total = sum
    chunks += 1
    // chunks · 16 > total / 4 + allowance, in a form that cannot overflow.
    guard chunks - limits.chunkFraming / Self.weight <= total / (4 * Self.weight) else {
      throw .chunkFramingTooLarge(limit: limits.chunkFraming)
    }
    expected = .data
  }

  private mutating func countExtra() throws(ProtocolViolation) {
    guard extra < limits.chunkExtensions else {
      throw .chunkExtensionsTooLarge(limit: limits.chunkExtensions)
    }
    extra += 1
  }
}
