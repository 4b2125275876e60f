import Files

/// A ZIP archive of stored files whose lengths are known and whose checksums are not yet: the
/// bytes around the files' own.
///
/// Checksums follow the files in data descriptors and are repeated in the directory at the end. All
/// files date from 1980, so that equal files make equal archives. Sizes and offsets from
/// `wideFrom` on are written in 64 bits. Source: PKWARE's APPNOTE 6.3.10, §4.3 to §4.5.
package struct ZIPFrame: Sendable {
  package struct File: Sendable {
    let name: String
    /// Bytes.
    let count: Int

    package init(name: String, count: Int) {
      self.name = name
      self.count = count
    }
  }

  fileprivate struct Entry: Sendable {
    let name: [UInt8]
    let count: Int
    /// Where its local header begins.
    let offset: Int
    let isWide: Bool
    var checksum = CRC32()
  }

  private var entries: [Entry] = []
  private var begun = 0
  private let directory: Range<Int>
  private let isWide: Bool
  /// Bytes of the whole archive.
  package let length: Int

  /// Smaller bounds than the format's serve tests, for archives may be wide without need.
  package init(_ files: [File], wideFrom bound: Int = 0xFFFF_FFFF) {
    var offset = 0
    for file in files {
      let isWide = max(file.count, offset) >= bound
      let entry = Entry(
        name: Array(file.name.utf8), count: file.count, offset: offset, isWide: isWide)
      entries.append(entry)
      offset += entry.headCount + entry.count + entry.descriptorCount
    }
    directory = offset..<entries.reduce(offset) { $0 + $1.recordCount }
    isWide = directory.upperBound >= bound || entries.count >= 0xFFFF
    length = directory.upperBound + (isWide ? 76 : 0) + 22
  }

  /// An archive of files in memory; equal files give equal bytes.
  package static func archive(of files: [(name: String, bytes: [UInt8])]) -> [UInt8] {
    var frame = ZIPFrame(files.map { File(name: $0.name, count: $0.bytes.count) })
    var archive: [UInt8] = []
    archive.reserveCapacity(frame.length)
    for file in files {
      archive += frame.begin()
      frame.pass(file.bytes)
      archive += file.bytes
    }
    return archive + frame.end()
  }

  /// What stands before the next file, with what belongs behind the one before it.
  package mutating func begin() -> [UInt8] {
    begun += 1
    return descriptorOfLast(begun - 1) + entries[begun - 1].head
  }

  /// Adds bytes to the checksum of the file begun last.
  package mutating func pass(_ bytes: [UInt8]) {
    entries[begun - 1].checksum.update(bytes)
  }

  /// What stands behind the last file.
  package func end() -> [UInt8] {
    var bytes = descriptorOfLast(begun)
    for entry in entries { bytes += entry.record }
    if isWide { appendWideEnd(to: &bytes) }
    bytes.append(littleEndian: UInt32(0x0605_4B50))
    bytes.append(littleEndian: UInt32(0))  // This disk and the directory's.
    let count = isWide ? 0xFFFF : UInt16(entries.count)
    bytes.append(littleEndian: count)
    bytes.append(littleEndian: count)
    bytes.append(littleEndian: isWide ? 0xFFFF_FFFF : UInt32(directory.count))
    bytes.append(littleEndian: isWide ? 0xFFFF_FFFF : UInt32(directory.lowerBound))
    bytes.append(littleEndian: UInt16(0))  // No comment.
    return bytes
  }
}

extension ZIPFrame {
  private func descriptorOfLast(_ begun: Int) -> [UInt8] {
    begun == 0 ? [] : entries[begun - 1].descriptor
  }

  /// The end of the directory in 64 bits, and where to find it, §4.3.14 and §4.3.15.
  private func appendWideEnd(to bytes: inout [UInt8]) {
    bytes.append(littleEndian: UInt32(0x0606_4B50))
    bytes.append(littleEndian: UInt64(44))  // Bytes that follow.
    bytes.append(littleEndian: UInt16(Entry.unix | Entry.wideVersion))
    bytes.append(littleEndian: UInt16(Entry.wideVersion))
    bytes.append(littleEndian: UInt64(0))  // This disk and the directory's.
    bytes.append(littleEndian: UInt64(entries.count))
    bytes.append(littleEndian: UInt64(entries.count))
    bytes.append(littleEndian: UInt64(directory.count))
    bytes.append(littleEndian: UInt64(directory.lowerBound))
    bytes.append(littleEndian: UInt32(0x0706_4B50))
    bytes.append(littleEndian: UInt32(0))  // The disk of the above.
    bytes.append(littleEndian: UInt64(directory.upperBound))
    bytes.append(littleEndian: UInt32(1))  // Disks.
  }
}

extension ZIPFrame.Entry {
  static let wideVersion: UInt16 = 45
  /// The system whose permissions the directory states, in the upper byte of "made by".
  static let unix: UInt16 = 3 << 8

  var headCount: Int { 30 + name.count + (isWide ? 20 : 0) }
  var descriptorCount: Int { isWide ? 24 : 16 }
  var recordCount: Int { 46 + name.count + (isWide ? 28 : 0) }

  /// Its local header, §4.3.7: sizes and checksum come later.
  var head: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt32(0x0403_4B50))
    appendKind(to: &bytes)
    bytes.append(littleEndian: UInt32(0))
    appendSizes(isWide ? 0xFFFF_FFFF : 0, to: &bytes)
    bytes.append(littleEndian: UInt16(name.count))
    bytes.append(littleEndian: UInt16(isWide ? 20 : 0))
    bytes += name
    if isWide { appendExtra([0, 0], to: &bytes) }
    return bytes
  }

  /// What follows the file, §4.3.9.
  var descriptor: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt32(0x0807_4B50))
    bytes.append(littleEndian: checksum.value)
    if isWide {
      bytes.append(littleEndian: UInt64(count))
      bytes.append(littleEndian: UInt64(count))
    } else {
      appendSizes(UInt32(count), to: &bytes)
    }
    return bytes
  }

  /// Its part of the directory, §4.3.12.
  var record: [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(littleEndian: UInt32(0x0201_4B50))
    bytes.append(littleEndian: ZIPFrame.Entry.unix | version)
    appendKind(to: &bytes)
    bytes.append(littleEndian: checksum.value)
    appendSizes(isWide ? 0xFFFF_FFFF : UInt32(count), to: &bytes)
    bytes.append(littleEndian: UInt16(name.count))
    bytes.append(littleEndian: UInt16(isWide ? 28 : 0))
    bytes += [0, 0, 0, 0, 0, 0]  // No comment, the first disk, no text.
    bytes.append(littleEndian: UInt32(0o100644) << 16)  // A file that all may read.
    bytes.append(littleEndian: isWide ? 0xFFFF_FFFF : UInt32(offset))
    bytes += name
    if isWide { appendExtra([count, count, offset], to: &bytes) }
    return bytes
  }

  private var version: UInt16 { isWide ? ZIPFrame.Entry.wideVersion : 20 }

  /// The version needed, the flags (a descriptor follows; the name is UTF-8), stored, 1980-01-01.
  private func appendKind(to bytes: inout [UInt8]) {
    bytes.append(littleEndian: version)
    bytes.append(littleEndian: UInt16(1 << 3 | 1 << 11))
    bytes.append(littleEndian: UInt16(0))
    bytes.append(littleEndian: UInt16(0))
    bytes.append(littleEndian: UInt16(1 << 5 | 1))
  }

  /// The size in the archive and that of the file, which are one.
  private func appendSizes(_ size: UInt32, to bytes: inout [UInt8]) {
    bytes.append(littleEndian: size)
    bytes.append(littleEndian: size)
  }

  /// The extra field of numbers in 64 bits, §4.5.3.
  private func appendExtra(_ numbers: [Int], to bytes: inout [UInt8]) {
    bytes.append(littleEndian: UInt16(1))
    bytes.append(littleEndian: UInt16(numbers.count * 8))
    for number in numbers { bytes.append(littleEndian: UInt64(number)) }
  }
}
