/// The place of a request in a client's distributed trace.
///
/// Source: W3C Trace Context, §3.2.
package struct TraceContext: Sendable, Hashable {
  /// The trace's id, 32 hexadecimal digits.
  package let trace: String
  /// This server's span, 16 hexadecimal digits.
  package let span: String
  package let isSampled: Bool

  /// Reads a `traceparent`; `nil` if it is invalid.
  ///
  /// Later versions are read as version 00. `span` must not be 0.
  init?(_ field: String, span: UInt64) {
    let parts = field.split(separator: "-", maxSplits: 4, omittingEmptySubsequences: false)
    guard parts.count >= 4, zip(parts, [2, 32, 16, 2]).allSatisfy(TraceContext.isHex),
      parts[0] != "ff", parts.count == 4 || parts[0] != "00",
      parts[1].contains(where: { $0 != "0" }), parts[2].contains(where: { $0 != "0" }),
      let flags = UInt8(parts[3], radix: 16)
    else { return nil }
    trace = String(parts[1])
    self.span = RequestID.hex(span)
    isSampled = flags & 1 == 1
  }

  /// The `traceparent` for the next service.
  package var field: String { "00-\(trace)-\(span)-\(isSampled ? "01" : "00")" }

  private static func isHex(_ part: Substring, count: Int) -> Bool {
    part.utf8.count == count
      && part.utf8.allSatisfy { (48...57).contains($0) || (97...102).contains($0) }
  }
}

/// A request's identifier: the client's own if it is safe to log, else a new one.
struct RequestID: Sendable, Hashable {
  let text: String

  static let limit = 64

  /// Takes an offered identifier of at most 64 letters, digits, `.`, `_` and `-`, or makes one.
  init(offered: String?, random: () -> UInt64) {
    let isGood = offered.map { offered in
      (1...RequestID.limit).contains(offered.utf8.count)
        && offered.utf8.allSatisfy(RequestID.isPlain)
    }
    text =
      isGood == true ? offered ?? "" : RequestID.hex(random()) + RequestID.hex(random())
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
      UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "."), UInt8(ascii: "_"),
      UInt8(ascii: "-"):
      true
    default: false
    }
  }

  private static let hexDigits = Array("0123456789abcdef".utf8)

  /// A number as 16 hexadecimal digits.
  static func hex(_ number: UInt64) -> String {
    let digits = stride(from: 60, through: 0, by: -4).map { shift in
      hexDigits[Int(truncatingIfNeeded: number >> UInt64(shift)) & 15]
    }
    return String(decoding: digits, as: UTF8.self)
  }
}
