/// The name of a job or of a batch in URLs: the time when it was made, then random bits.
///
/// Source: RFC 9562 §5.7, UUID version 7.
package struct TimeOrderedID<Kind>: Hashable, Sendable {
  package static var byteCount: Int { 16 }

  package let bytes: [UInt8]

  /// Takes over 16 bytes; otherwise `nil`.
  package init?(bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    self.bytes = bytes
  }

  /// An id of 10 random bytes, 74 bits of which are used.
  package init(at time: Timestamp, random: [UInt8]) {
    precondition(random.count == 10, "\(random.count) random bytes")
    let milliseconds = UInt64(max(time.milliseconds, 0))
    var bytes = (0..<6).map { UInt8(truncatingIfNeeded: milliseconds >> (40 - 8 * $0)) } + random
    bytes[6] = 0x70 | bytes[6] & 0x0F
    bytes[8] = 0x80 | bytes[8] & 0x3F
    self.bytes = bytes
  }

  /// Reads what `description` gives, in lower case; anything else is `nil`.
  package init?(_ text: some StringProtocol) {
    let characters = Array(text.utf8)
    guard characters.count == 36 else { return nil }
    var digits: [UInt8] = []
    for (index, character) in characters.enumerated() {
      switch character {
      case UInt8(ascii: "-") where [8, 13, 18, 23].contains(index): continue
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digits.append(character - UInt8(ascii: "0"))
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digits.append(character - UInt8(ascii: "a") + 10)
      default: return nil
      }
    }
    guard digits.count == 32 else { return nil }
    bytes = (0..<16).map { digits[2 * $0] << 4 | digits[2 * $0 + 1] }
  }
}

extension TimeOrderedID: CustomStringConvertible {
  /// Lower-case hexadecimal digits in groups of 8, 4, 4, 4 and 12.
  package var description: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    for (index, byte) in bytes.enumerated() {
      if [4, 6, 8, 10].contains(index) { text.append(UInt8(ascii: "-")) }
      text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
    }
    return String(decoding: text, as: UTF8.self)
  }
}

package typealias JobID = TimeOrderedID<JobDocument>
package typealias BatchID = TimeOrderedID<BatchDocument>
