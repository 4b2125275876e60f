/// A field value of the form `kind; name=value; name="value"`.
///
/// Names are lower-cased and unique; a quoted value is stored without its quotes and backslashes.
/// Source: RFC 9110 §5.6.6.
struct HeaderParameters: Sendable, Hashable {
  let kind: String
  let parameters: [String: String]

  /// Parses bytes; `nil` if malformed: strict, except for blanks around the semicolons.
  init?(_ text: some Sequence<UInt8>) {
    var scanner = Scanner(rest: ArraySlice(Array(text)))
    scanner.skipBlanks()
    guard let kind = scanner.word({ $0.isTokenCharacter || $0 == UInt8(ascii: "/") }) else {
      return nil
    }
    var parameters: [String: String] = [:]
    scanner.skipBlanks()
    while !scanner.rest.isEmpty {
      guard scanner.skip(ASCII.semicolon) else { return nil }
      scanner.skipBlanks()
      guard let name = scanner.word(\.isTokenCharacter)?.lowercased(),
        scanner.skip(ASCII.equals), let value = scanner.value(), parameters[name] == nil
      else { return nil }
      parameters[name] = value
      scanner.skipBlanks()
    }
    self.kind = kind.lowercased()
    self.parameters = parameters
  }

  /// Scans the remaining bytes from the front.
  private struct Scanner {
    var rest: ArraySlice<UInt8>

    mutating func skipBlanks() {
      rest = rest.drop(while: \.isBlank)
    }

    mutating func skip(_ byte: UInt8) -> Bool {
      guard rest.first == byte else { return false }
      rest.removeFirst()
      return true
    }

    /// One or more ASCII characters of a class.
    mutating func word(_ belongs: (UInt8) -> Bool) -> String? {
      let word = rest.prefix(while: belongs)
      guard !word.isEmpty else { return nil }
      rest = rest[word.endIndex...]
      return String(decoding: word, as: UTF8.self)
    }

    /// A token or a quoted string, which may contain UTF-8.
    mutating func value() -> String? {
      guard skip(ASCII.quote) else { return word(\.isTokenCharacter) }
      var bytes: [UInt8] = []
      while let byte = rest.popFirst() {
        guard byte.isFieldValueByte else { return nil }
        switch byte {
        case ASCII.quote:
          return String(validating: bytes, as: UTF8.self)
        case ASCII.backslash:
          guard let escaped = rest.popFirst(), escaped.isFieldValueByte else { return nil }
          bytes.append(escaped)
        default:
          bytes.append(byte)
        }
      }
      return nil
    }
  }
}
