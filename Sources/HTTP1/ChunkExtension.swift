/// Validates the extensions of a chunk byte by byte; they have no effect.
///
/// No blank is allowed around names, unlike in older grammars. Source: RFC 9112 §7.1.1.
struct ChunkExtension: Sendable {
  private enum Expected {
    case nameStart
    case name
    case valueStart
    case value
    case quoted
    case quotedPair
    case end
  }

  private var expected = Expected.nameStart

  /// Reads one byte after the semicolon; true for the CR after the last extension.
  mutating func read(_ byte: UInt8) throws(ProtocolViolation) -> Bool {
    switch expected {
    case .nameStart:
      guard byte.isTokenCharacter else { throw .malformedChunk }
      expected = .name
    case .name:
      if byte.isTokenCharacter { return false }
      if byte != ASCII.equals { return try readEnd(byte) }
      expected = .valueStart
    case .valueStart:
      guard byte.isTokenCharacter || byte == ASCII.quote else { throw .malformedChunk }
      expected = byte == ASCII.quote ? .quoted : .value
    case .value:
      if !byte.isTokenCharacter { return try readEnd(byte) }
    case .quoted:
      guard byte.isFieldValueByte else { throw .malformedChunk }
      if byte == ASCII.quote { expected = .end }
      if byte == ASCII.backslash { expected = .quotedPair }
    case .quotedPair:
      guard byte.isFieldValueByte else { throw .malformedChunk }
      expected = .quoted
    case .end:
      return try readEnd(byte)
    }
    return false
  }

  private mutating func readEnd(_ byte: UInt8) throws(ProtocolViolation) -> Bool {
    if byte == ASCII.carriageReturn { return true }
    guard byte == ASCII.semicolon else { throw .malformedChunk }
    expected = .nameStart
    return false
  }
}
