/// Small changes to files that keep the rest of them sound.

package func bigEndian(_ value: UInt32) -> [UInt8] {
  (0..<4).map { UInt8(truncatingIfNeeded: value >> (24 - 8 * UInt32($0))) }
}

/// Source: ISO 3309; PNG 3rd edition, annex D.
package func crc32(_ bytes: some Sequence<UInt8>) -> UInt32 {
  var sum: UInt32 = ~0
  for byte in bytes {
    sum ^= UInt32(byte)
    for _ in 0..<8 { sum = sum & 1 == 1 ? 0xEDB8_8320 ^ sum >> 1 : sum >> 1 }
  }
  return ~sum
}

/// A PNG with each chunk's sum put right, as far as its lengths lead.
package func withSumsMadeRight(_ file: [UInt8]) -> [UInt8] {
  var bytes = file
  var start = 8
  while start + 12 <= bytes.count {
    let length = bytes[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
    guard length <= bytes.count - start - 12 else { break }
    let end = start + 8 + length
    bytes.replaceSubrange(end..<end + 4, with: bigEndian(crc32(bytes[start + 4..<end])))
    start = end + 4
  }
  return bytes
}

/// A PNG whose header promises another size.
package func png(_ file: [UInt8], width: UInt32, height: UInt32) -> [UInt8] {
  var bytes = file
  bytes.replaceSubrange(16..<24, with: bigEndian(width) + bigEndian(height))
  return withSumsMadeRight(bytes)
}

/// A JPEG whose frame header promises another size.
package func jpeg(_ file: [UInt8], width: UInt16, height: UInt16) -> [UInt8] {
  var bytes = file
  guard
    let frame = bytes.indices.dropLast(9).first(where: {
      bytes[$0] == 0xFF && (bytes[$0 + 1] == 0xC0 || bytes[$0 + 1] == 0xC2)
    })
  else { return [] }
  bytes.replaceSubrange(
    frame + 5..<frame + 9,
    with: [height, width].flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] })
  return bytes
}

/// A little-endian TIFF of one page, eight bits, without packing, from its tags.
package struct ForgedTIFF {
  /// Tag → (type, values); type 2 is characters, 3 is 16 bits, 4 is 32 bits.
  package var tags: [UInt16: (type: UInt16, values: [UInt32])]
  package var next: UInt32 = 0
  package var data: [UInt8]

  /// A sound picture of 4×3, grey.
  package init() {
    data = Array(0..<12)
    tags = [
      256: (4, [4]), 257: (4, [3]), 258: (3, [8]), 259: (3, [1]), 262: (3, [1]), 273: (4, [8]),
      277: (3, [1]), 278: (4, [3]), 279: (4, [12]),
    ]
  }

  package mutating func set(_ tag: UInt16, _ values: UInt32...) { tags[tag] = (4, values) }

  package var bytes: [UInt8] {
    let directory = 8 + data.count
    var out = Array("II*\0".utf8) + little(UInt32(directory)) + data
    var behind: [UInt8] = []
    let end = directory + 2 + 12 * tags.count + 4
    out += little(UInt32(tags.count)).prefix(2)
    for (tag, entry) in tags.sorted(by: { $0.key < $1.key }) {
      let width = [2: 1, 3: 2][entry.type] ?? 4
      let values = entry.values.flatMap { little($0).prefix(width) }
      out += little(UInt32(tag)).prefix(2) + little(UInt32(entry.type)).prefix(2)
      out += little(UInt32(entry.values.count))
      if values.count <= 4 {
        out += values + [UInt8](repeating: 0, count: 4 - values.count)
      } else {
        out += little(UInt32(end + behind.count))
        behind += values
      }
    }
    return out + little(next) + behind
  }

  private func little(_ value: UInt32) -> [UInt8] { bigEndian(value).reversed() }
}

/// A sound sequential JPEG of 8×8 in middle grey, whose three components come in `scans` scans.
package func jpeg(scans: Int) -> [UInt8] {
  var bytes: [UInt8] = [0xFF, 0xD8, 0xFF, 0xDB, 0, 67, 0] + [UInt8](repeating: 1, count: 64)
  bytes += [0xFF, 0xC0, 0, 17, 8, 0, 8, 0, 8, 3, 1, 0x11, 0, 2, 0x11, 0, 3, 0x11, 0]
  // Two Huffman tables of one code: no difference, and the block's end.
  for table: UInt8 in [0x00, 0x10] {
    bytes += [0xFF, 0xC4, 0, 20, table, 1] + [UInt8](repeating: 0, count: 15) + [0]
  }
  for scan in 0..<scans {
    bytes += [0xFF, 0xDA, 0, 8, 1, UInt8(scan % 3 + 1), 0, 0, 63, 0, 0x3F]
  }
  return bytes + [0xFF, 0xD9]
}
