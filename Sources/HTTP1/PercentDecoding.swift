/// The reason why a percent-encoded text cannot be decoded.
package enum PercentDecodingError: Error, Hashable, Sendable {
  /// A percent sign without two hexadecimal digits after it.
  case badEscape
  /// Bytes that are not UTF-8, including over-long forms.
  case invalidUTF8
  case nul
}

/// Decodes `%XX` strictly.
///
/// Source: RFC 3986 §2.1; WHATWG URL, `application/x-www-form-urlencoded`.
enum PercentDecoding {
  /// Decodes a form's text, in which a plus is a space.
  static func decode(_ encoded: Substring) throws(PercentDecodingError) -> String {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(encoded.utf8.count)
    var rest = encoded.utf8.makeIterator()
    while let byte = rest.next() {
      switch byte {
      case UInt8(ascii: "%"):
        guard let high = rest.next()?.hexDigit, let low = rest.next()?.hexDigit else {
          throw .badEscape
        }
        bytes.append(UInt8(high << 4 | low))
      case UInt8(ascii: "+"):
        bytes.append(ASCII.space)
      default:
        bytes.append(byte)
      }
    }
    guard !bytes.contains(0) else { throw .nul }
    guard let text = String(validating: bytes, as: UTF8.self) else { throw .invalidUTF8 }
    return text
  }
}
