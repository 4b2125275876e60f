import Files

/// Universal Binary JSON as a text of JSON.
///
/// Throws `SegmentationError.malformedImport`. Source: the UBJSON specification, draft 12; typed and
/// counted arrays are as XGBoost writes them.
struct UBJSON {
  /// Most objects and arrays inside one another.
  private static let deepest = 32

  private let bytes: [UInt8]
  private var position = 0
  private var text: [UInt8] = []

  /// The text of the only value in some bytes.
  static func json(of bytes: [UInt8]) throws(SegmentationError) -> [UInt8] {
    var reader = UBJSON(bytes: bytes)
    try reader.value(reader.byte(), depth: 0)
    guard reader.position == bytes.count else { throw reader.failure("the end") }
    return reader.text
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  private func failure(_ expected: String) -> SegmentationError {
    .malformedImport(reason: "\(expected) was expected at byte \(position)")
  }

  private mutating func byte() throws(SegmentationError) -> UInt8 {
    guard position < bytes.count else { throw failure("another byte") }
    defer { position += 1 }
    return bytes[position]
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func accept(_ mark: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: mark) else { return false }
    position += 1
    return true
  }

  private mutating func value(_ type: UInt8, depth: Int) throws(SegmentationError) {
    guard depth <= UBJSON.deepest else { throw failure("no deeper value") }
    switch Character(Unicode.Scalar(type)) {
    case "{": try object(depth: depth)
    case "[": try array(depth: depth)
    case "S": append(quoted: try string())
    case "C": append(quoted: [try byte()])
    case "T": text += Array("true".utf8)
    case "F": text += Array("false".utf8)
    case "Z": text += Array("null".utf8)
    case "d": try append(Double(Float(bitPattern: number(UInt32.self))), isSingle: true)
    case "D": try append(Double(bitPattern: number(UInt64.self)), isSingle: false)
    default: text += Array("\(try integer(type))".utf8)
    }
  }

  private mutating func object(depth: Int) throws(SegmentationError) {
    guard next != UInt8(ascii: "$") else { throw failure("an object of any values") }
    let count = accept("#") ? try length() : nil
    text.append(UInt8(ascii: "{"))
    var members = 0
    while try !isAtEnd(members, of: count, mark: "}") {
      if members > 0 { text.append(UInt8(ascii: ",")) }
      append(quoted: try string())
      text.append(UInt8(ascii: ":"))
      try value(byte(), depth: depth + 1)
      members += 1
    }
    text.append(UInt8(ascii: "}"))
  }

  private mutating func array(depth: Int) throws(SegmentationError) {
    let type = accept("$") ? try byte() : nil
    let isCounted = accept("#")
    guard isCounted || type == nil else { throw failure("the number of values") }
    let count = isCounted ? try length() : nil
    text.append(UInt8(ascii: "["))
    var members = 0
    while try !isAtEnd(members, of: count, mark: "]") {
      if members > 0 { text.append(UInt8(ascii: ",")) }
      if let type { try value(type, depth: depth + 1) } else { try value(byte(), depth: depth + 1) }
      members += 1
    }
    text.append(UInt8(ascii: "]"))
  }

  /// Whether an object or array is over: after its number of members, or at its mark.
  private mutating func isAtEnd(
    _ members: Int, of count: Int?, mark: Unicode.Scalar
  ) throws(SegmentationError) -> Bool {
    if let count { return members == count }
    return accept(mark)
  }

  /// A length, of no more members than there are bytes left.
  private mutating func length() throws(SegmentationError) -> Int {
    let length = try integer(byte())
    guard length >= 0, length <= bytes.count - position else { throw failure("a length") }
    return Int(length)
  }

  private mutating func string() throws(SegmentationError) -> [UInt8] {
    let count = try length()
    defer { position += count }
    return Array(bytes[position..<position + count])
  }

  private mutating func integer(_ type: UInt8) throws(SegmentationError) -> Int64 {
    switch Character(Unicode.Scalar(type)) {
    case "i": return Int64(Int8(bitPattern: try byte()))
    case "U": return Int64(try byte())
    case "I": return Int64(Int16(bitPattern: try number()))
    case "l": return Int64(Int32(bitPattern: try number()))
    case "L": return Int64(bitPattern: try number())
    default: throw failure("a type that is known")
    }
  }

  private mutating func number<Number: FixedWidthInteger>(
    _: Number.Type = Number.self
  ) throws(SegmentationError) -> Number {
    var value: Number = 0
    for _ in 0..<Number.bitWidth / 8 { value = value << 8 | Number(try byte()) }
    return value
  }

  private mutating func append(_ value: Double, isSingle: Bool) throws(SegmentationError) {
    guard value.isFinite else { throw failure("a finite number") }
    text += Array((isSingle ? "\(Float(value))" : "\(value)").utf8)
  }

  private mutating func append(quoted string: [UInt8]) {
    text.append(UInt8(ascii: "\""))
    for byte in string {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
      case 0..<0x20: text += Array("\\u00\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8)
      default: text.append(byte)
      }
    }
    text.append(UInt8(ascii: "\""))
  }
}
