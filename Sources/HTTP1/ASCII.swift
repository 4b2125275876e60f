/// Bytes and classes of bytes in the grammars of HTTP.
enum ASCII {
  static let horizontalTab = UInt8(ascii: "\t")
  static let lineFeed = UInt8(ascii: "\n")
  static let carriageReturn = UInt8(ascii: "\r")
  static let space = UInt8(ascii: " ")
  static let quote = UInt8(ascii: "\"")
  static let backslash = UInt8(ascii: "\\")
  static let colon = UInt8(ascii: ":")
  static let semicolon = UInt8(ascii: ";")
  static let equals = UInt8(ascii: "=")
  static let comma = UInt8(ascii: ",")
  static let hyphen = UInt8(ascii: "-")
  static let delete: UInt8 = 0x7F
}

extension UInt8 {
  var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }

  var isLetter: Bool {
    let lowered = self | 0x20
    return lowered >= UInt8(ascii: "a") && lowered <= UInt8(ascii: "z")
  }

  /// Space or tab.
  ///
  /// Source: RFC 9110 §5.6.3, `OWS`.
  var isBlank: Bool { self == ASCII.space || self == ASCII.horizontalTab }

  /// Whether the byte may occur in a token.
  ///
  /// Source: RFC 9110 §5.6.2, `tchar`.
  var isTokenCharacter: Bool {
    if isLetter || isDigit { return true }
    switch self {
    case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"),
      UInt8(ascii: "&"), UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
      UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "^"), UInt8(ascii: "_"),
      UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
      return true
    default:
      return false
    }
  }

  /// Whether the byte may occur in a field's value: all but control characters, tab excepted.
  ///
  /// Bytes above 0x7F are legal and opaque. Source: RFC 9110 §5.5.
  var isFieldValueByte: Bool {
    self == ASCII.horizontalTab || (self >= ASCII.space && self != ASCII.delete)
  }

  /// The value of a hexadecimal digit in either case.
  var hexDigit: Int? {
    if isDigit { return Int(self - UInt8(ascii: "0")) }
    let lowered = self | 0x20
    guard lowered >= UInt8(ascii: "a"), lowered <= UInt8(ascii: "f") else { return nil }
    return Int(lowered - UInt8(ascii: "a")) + 10
  }

  /// The letter in lower case; any other byte unchanged.
  var lowered: UInt8 { isLetter ? self | 0x20 : self }
}

extension StringProtocol {
  /// Whether both are equal apart from the case of ASCII letters.
  func equalsIgnoringCase(_ other: some StringProtocol) -> Bool {
    utf8.elementsEqual(other.utf8) { $0.lowered == $1.lowered }
  }

  /// Whether this is a method, field name or option.
  ///
  /// Source: RFC 9110 §5.6.2, `token`.
  var isToken: Bool { !isEmpty && utf8.allSatisfy(\.isTokenCharacter) }

  /// The text without blanks at its ends.
  var trimmingBlanks: String {
    var bytes = ArraySlice(utf8)
    while let first = bytes.first, first.isBlank { bytes.removeFirst() }
    while let last = bytes.last, last.isBlank { bytes.removeLast() }
    return String(decoding: bytes, as: UTF8.self)
  }
}
