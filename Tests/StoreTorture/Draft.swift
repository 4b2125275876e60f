package import Files
package import Cache

/// An entry whose bytes follow from its number and version, so that anyone can check them.
package struct Draft: Hashable, Sendable {
  package static let namespace = Namespace("drafts")
  /// Entries are numbered from 0 up to here.
  package static let count = 40

  package let number: Int
  package let version: Int

  package init(number: Int, version: Int) {
    self.number = number
    self.version = version
  }

  /// Reads the number and the version at the beginning of an entry's bytes.
  package init?(claimedBy bytes: [UInt8]) {
    guard bytes.count >= 16 else { return nil }
    let words = [bytes[..<8], bytes[8..<16]].map { $0.reduce(0) { $0 << 8 | UInt64($1) } }
    guard let number = Int(exactly: words[0]), let version = Int(exactly: words[1]),
      (0..<Draft.count).contains(number)
    else { return nil }
    self.init(number: number, version: version)
  }

  package var key: Digest { SHA256.digest(of: Array("draft \(number)".utf8)) }

  /// From some bytes to a few segments.
  package var bytes: [UInt8] {
    let words = [number, version].map(UInt64.init)
    var state = words[0] &* 0x9e37_79b9_7f4a_7c15 ^ words[1] &* 0xbf58_476d_1ce4_e5b9 | 1
    let size = version % 8 == 0 ? 2_500_000 : 5000 * (version % 8)
    let noise = (0..<size / 8 + version % 5).flatMap { _ -> [UInt8] in
      state ^= state << 13
      state ^= state >> 7
      state ^= state << 17
      return Draft.bigEndian(state)
    }
    return words.flatMap(Draft.bigEndian) + noise
  }

  private static func bigEndian(_ word: UInt64) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) }
  }
}
