// Source: RFC 8259 §7.
extension String {
  /// The text between the quotes of a JSON string: what must be is escaped, or, `asASCII`, all that
  /// is not printable ASCII.
  package func jsonEscaped(asASCII: Bool = false) -> String {
    let isPlain = utf8.allSatisfy { byte in
      byte >= 0x20 && byte != 0x22 && byte != 0x5C && !(asASCII && byte >= 0x7F)
    }
    if isPlain { return self }
    return unicodeScalars.reduce(into: "") { text, scalar in
      switch scalar {
      case "\"", "\\": text += "\\\(scalar)"
      case " "..."~": text.unicodeScalars.append(scalar)
      case "\u{7F}"... where !asASCII: text.unicodeScalars.append(scalar)
      default:
        for unit in String(scalar).utf16 {
          let digits = String(unit, radix: 16)
          text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }
      }
    }
  }

  /// The text as a JSON string.
  package var jsonQuoted: String { "\"\(jsonEscaped())\"" }
}
