/// The tokens that headers are made of: those of strict JSON, and marks and integers that Python's
/// dictionaries share with it.
///
/// Space between tokens is skipped before each. Source: RFC 8259.
package struct TextScanner {
  let bytes: [UInt8]
  private(set) var position = 0

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// The byte at hand, `nil` at the end.
  package var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  package func failure(_ expected: String) -> ArrayFileError {
    .malformedHeader(offset: position, expected: expected)
  }

  mutating func skipSpace() {
    while let byte = next, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
      position += 1
    }
  }

  package mutating func accept(_ symbol: Unicode.Scalar) -> Bool {
    skipSpace()
    guard next == UInt8(ascii: symbol) else { return false }
    position += 1
    return true
  }

  /// Whether the digit of a number is at hand.
  package var isAtDigit: Bool {
    next.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
  }

  mutating func accept(word: String) -> Bool {
    skipSpace()
    guard bytes[position...].starts(with: word.utf8) else { return false }
    position += word.utf8.count
    return true
  }

  package mutating func expect(_ symbol: Unicode.Scalar) throws(ArrayFileError) {
    guard accept(symbol) else { throw failure(String(symbol)) }
  }

  package mutating func expect(word: String) throws(ArrayFileError) {
    guard accept(word: word) else { throw failure(word) }
  }

  package mutating func expectEnd() throws(ArrayFileError) {
    skipSpace()
    guard next == nil else { throw failure("nothing but spaces") }
  }

  /// Steps over the byte at hand.
  package mutating func advance() {
    position += 1
  }

  /// An array of non-negative integers.
  mutating func integers() throws(ArrayFileError) -> [Int] {
    try expect("[")
    if accept("]") { return [] }
    var values: [Int] = []
    repeat { values.append(try integer()) } while accept(",")
    try expect("]")
    return values
  }

  /// Digits alone: a sign, a fraction, an exponent or a leading zero has no place here.
  package mutating func integer() throws(ArrayFileError) -> Int {
    skipSpace()
    let start = position
    var value = 0
    while isAtDigit, let byte = next {
      guard position == start || value > 0 else { throw failure("no digit after a leading zero") }
      let (tens, over) = value.multipliedReportingOverflow(by: 10)
      let (sum, more) = tens.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
      guard !over && !more else { throw failure("an integer below 2^63") }
      value = sum
      position += 1
    }
    guard position > start else { throw failure("a non-negative integer") }
    return value
  }

  /// A string, its escapes resolved.
  mutating func string() throws(ArrayFileError) -> String {
    try expect("\"")
    var text: [UInt8] = []
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        guard let string = String(validating: text, as: UTF8.self) else { throw failure("UTF-8") }
        return string
      case UInt8(ascii: "\\"):
        position += 1
        text.append(contentsOf: String(try escape()).utf8)
      case 0..<0x20:
        throw failure("no control character")
      default:
        text.append(byte)
        position += 1
      }
    }
    throw failure("\"")
  }

  /// What follows a backslash.
  private mutating func escape() throws(ArrayFileError) -> Character {
    let short: [UInt8: Unicode.Scalar] = [
      UInt8(ascii: "\""): "\"", UInt8(ascii: "\\"): "\\", UInt8(ascii: "/"): "/",
      UInt8(ascii: "b"): "\u{8}", UInt8(ascii: "f"): "\u{C}", UInt8(ascii: "n"): "\n",
      UInt8(ascii: "r"): "\r", UInt8(ascii: "t"): "\t",
    ]
    guard let letter = next else { throw failure("an escape") }
    if let scalar = short[letter] {
      position += 1
      return Character(scalar)
    }
    var units = [try utf16Unit()]
    if UTF16.isLeadSurrogate(units[0]) {
      guard next == UInt8(ascii: "\\") else { throw failure("the second half of a surrogate pair") }
      position += 1
      units.append(try utf16Unit())
    }
    guard let text = String(validating: units, as: UTF16.self),
      let scalar = text.unicodeScalars.first
    else { throw failure("a whole surrogate pair") }
    return Character(scalar)
  }

  /// The letter u and four hexadecimal digits.
  private mutating func utf16Unit() throws(ArrayFileError) -> UInt16 {
    guard next == UInt8(ascii: "u"), position + 5 <= bytes.count else { throw failure("an escape") }
    let digits = bytes[position + 1..<position + 5]
    guard digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit }),
      let unit = UInt16(String(decoding: digits, as: UTF8.self), radix: 16)
    else { throw failure("four hexadecimal digits") }
    position += 5
    return unit
  }
}
