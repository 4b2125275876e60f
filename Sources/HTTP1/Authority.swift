/// A host and an optional port, as in `Host` and absolute targets.
///
/// Narrower than RFC 3986 §3.2: no user, percent-escape, comma or other delimiter, empty host or
/// empty port, since none of them names a machine and each has misled some proxy.
enum Authority {
  /// The longest name in the Domain Name System.
  ///
  /// Source: RFC 1035 §2.3.4.
  static let longestHost = 255

  static func isValid(_ text: some StringProtocol) -> Bool {
    let bytes = Array(text.utf8)
    let end: Int
    if bytes.first == UInt8(ascii: "[") {
      guard let bracket = bytes.firstIndex(of: UInt8(ascii: "]")),
        isAddress(bytes[1..<bracket])
      else { return false }
      end = bracket + 1
    } else {
      end = bytes.firstIndex(of: ASCII.colon) ?? bytes.count
      guard isName(bytes[..<end]) else { return false }
    }
    guard end < bytes.count else { return true }
    return bytes[end] == ASCII.colon && isPort(bytes[(end + 1)...])
  }

  private static func isName(_ bytes: ArraySlice<UInt8>) -> Bool {
    !bytes.isEmpty && bytes.count <= longestHost
      && bytes.allSatisfy {
        $0.isLetter || $0.isDigit || $0 == ASCII.hyphen || $0 == UInt8(ascii: ".")
          || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "~")
      }
  }

  /// Whether bytes have the form of an IPv6 address: hexadecimal groups, two or more colons, and
  /// IPv4 at the end at most.
  private static func isAddress(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.count >= 2 && bytes.count <= 45
      && bytes.count { $0 == ASCII.colon } >= 2
      && bytes.allSatisfy {
        $0.hexDigit != nil || $0 == ASCII.colon || $0 == UInt8(ascii: ".")
      }
  }

  private static func isPort(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard bytes.count <= 5, bytes.allSatisfy(\.isDigit), bytes.first != UInt8(ascii: "0"),
      let port = Int(String(decoding: bytes, as: UTF8.self))
    else { return false }
    return port <= Int(UInt16.max)
  }
}
