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
/// Source: RFC 3986 §2.1.
enum PercentDecoding {
  /// Decodes a text; a plus is a space in forms and a plus elsewhere.
  static func decode(
    _ encoded: some StringProtocol, plusIsBlank: Bool = false
  ) throws(PercentDecodingError) -> String {
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
      case UInt8(ascii: "+") where plusIsBlank:
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

extension RequestTarget {
  /// The path's segments, decoded; none for `*`.
  ///
  /// `/` has one empty segment and `/a/` an empty last one. An escaped slash is part of its
  /// segment; `.` and `..` are ordinary names and are not resolved.
  package func decodedPath() throws(PercentDecodingError) -> [String] {
    guard path.utf8.first == UInt8(ascii: "/") else { return [] }
    var segments: [String] = []
    let slash = UInt8(ascii: "/")
    for segment in path.utf8.dropFirst().split(
      separator: slash, omittingEmptySubsequences: false)
    {
      segments.append(try PercentDecoding.decode(Substring(segment)))
    }
    return segments
  }
}
