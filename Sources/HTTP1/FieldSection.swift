import HTTPTypes

/// Reads field lines up to the empty line, byte by byte, into an ordered list.
///
/// Nothing is repaired: a folded value, a blank before the colon, a bare CR or LF, a control
/// character and a line without a name are each refused. It also reads trailers. Source: RFC 9112
/// §5.
struct FieldSectionParser: Sendable {
  private enum Expected {
    case lineStart
    case name
    case valueStart
    case value
    case lineFeed
    case lastLineFeed
  }

  /// `HTTPFields` holds fewer fields than this, whatever the configuration says.
  private static let capacity = Int(UInt16.max) - 1

  private let limit: Int
  private var expected = Expected.lineStart
  private var name: [UInt8] = []
  private var value: [UInt8] = []
  private var fields: HTTPFields = [:]

  init(limit: Int) {
    self.limit = min(limit, Self.capacity)
  }

  /// Reads one byte; returns all fields at the end of the empty line.
  mutating func read(_ byte: UInt8) throws(ProtocolViolation) -> HTTPFields? {
    switch expected {
    case .lineStart:
      try begin(byte)
    case .name:
      try readName(byte)
    case .valueStart:
      if byte.isBlank { return nil }
      expected = .value
      try readValue(byte)
    case .value:
      try readValue(byte)
    case .lineFeed:
      guard byte == ASCII.lineFeed else { throw .malformedField }
      try finishLine()
    case .lastLineFeed:
      guard byte == ASCII.lineFeed else { throw .malformedField }
      return fields
    }
    return nil
  }

  private mutating func begin(_ byte: UInt8) throws(ProtocolViolation) {
    if byte == ASCII.carriageReturn {
      expected = .lastLineFeed
    } else {
      guard byte.isTokenCharacter else { throw .malformedField }
      guard fields.count < limit else { throw .tooManyFields(limit: limit) }
      name = [byte]
      value = []
      expected = .name
    }
  }

  private mutating func readName(_ byte: UInt8) throws(ProtocolViolation) {
    if byte == ASCII.colon {
      expected = .valueStart
    } else {
      guard byte.isTokenCharacter else { throw .malformedField }
      name.append(byte)
    }
  }

  private mutating func readValue(_ byte: UInt8) throws(ProtocolViolation) {
    if byte == ASCII.carriageReturn {
      expected = .lineFeed
    } else {
      guard byte.isFieldValueByte else { throw .malformedField }
      value.append(byte)
    }
  }

  private mutating func finishLine() throws(ProtocolViolation) {
    while let last = value.last, last.isBlank { value.removeLast() }
    guard let name = HTTPField.Name(String(decoding: name, as: UTF8.self)) else {
      throw .malformedField
    }
    fields.append(HTTPField(name: name, value: value))
    expected = .lineStart
  }
}
