/// The offsets of a TIFF's directories, one per page, found by following their chain.
///
/// Source: TIFF 6.0 §2 (a count of 16 bits, entries of 12 bytes, the next offset of 32 bits); the
/// BigTIFF design (64, 20, 64).
struct TIFFDirectories {
  private(set) var offsets: [Int] = []

  private let bytes: [UInt8]
  private let isBigEndian: Bool
  private let isBig: Bool

  /// Follows the whole chain; `bytes` begin with a TIFF's signature.
  init(of bytes: [UInt8], limit: Int) throws(CodecError) {
    self.bytes = bytes
    isBigEndian = bytes[0] == 0x4D
    isBig = (isBigEndian ? bytes[3] : bytes[2]) == 43
    var seen: Set<Int> = []
    var next: Int
    if isBig {
      guard try integer(at: 4, bytes: 2) == 8, try integer(at: 6, bytes: 2) == 0 else {
        throw .damaged(.tiff, reason: "a BigTIFF whose offsets are not of 8 bytes")
      }
      next = try integer(at: 8, bytes: 8)
    } else {
      next = try integer(at: 4, bytes: 4)
    }
    while next != 0 {
      guard offsets.count < limit else { throw .tooManyPages(limit: limit) }
      guard seen.insert(next).inserted else {
        throw .damaged(.tiff, reason: "page \(offsets.count) is an earlier one: a loop")
      }
      offsets.append(next)
      next = try successor(of: next)
    }
    guard !offsets.isEmpty else { throw .damaged(.tiff, reason: "a file without a page") }
  }

  /// The offset of the next directory, stored after a directory's entries.
  private func successor(of offset: Int) throws(CodecError) -> Int {
    let (width, entry) = isBig ? (8, 20) : (2, 12)
    let count = try integer(at: offset, bytes: width)
    guard count > 0 else {
      throw .damaged(.tiff, reason: "page \(offsets.count - 1) has an empty directory")
    }
    let (size, overflows) = count.multipliedReportingOverflow(by: entry)
    guard !overflows, size <= bytes.count else {
      throw .truncated(.tiff, reason: "a directory of \(count) entries")
    }
    return try integer(at: offset + width + size, bytes: isBig ? 8 : 4)
  }

  private func integer(at offset: Int, bytes width: Int) throws(CodecError) -> Int {
    guard offset >= 0, offset <= bytes.count - width else {
      throw .truncated(.tiff, reason: "its directory lies behind the file's end")
    }
    let field = bytes[offset..<offset + width]
    var value: UInt64 = 0
    if isBigEndian {
      for byte in field { value = value << 8 | UInt64(byte) }
    } else {
      for byte in field.reversed() { value = value << 8 | UInt64(byte) }
    }
    return Int(clamping: value)
  }
}
