/// The bytes of a TIFF or BigTIFF, and how its numbers are stored.
///
/// Source: TIFF 6.0 §2 (offsets of 32 bits); the BigTIFF design (64).
struct TIFFBytes: Sendable {
  let bytes: [UInt8]
  let isBigEndian: Bool
  let isBig: Bool

  /// `bytes` begin with a TIFF's signature.
  init(_ bytes: [UInt8]) {
    self.bytes = bytes
    isBigEndian = bytes[0] == 0x4D
    isBig = (isBigEndian ? bytes[3] : bytes[2]) == 43
  }

  /// Bytes of an offset.
  var offsetWidth: Int { isBig ? 8 : 4 }

  /// An unsigned integer, at most `Int.max`; `nil` beyond the end.
  func integer(at offset: Int, width: Int) -> Int? {
    guard offset >= 0, offset <= bytes.count - width else { return nil }
    var value: UInt64 = 0
    for index in 0..<width {
      value = value << 8 | UInt64(bytes[offset + (isBigEndian ? index : width - 1 - index)])
    }
    return Int(clamping: value)
  }

  /// The offset of the first directory.
  func firstDirectory() throws(CodecError) -> Int {
    if isBig, integer(at: 4, width: 2) != 8 || integer(at: 6, width: 2) != 0 {
      guard bytes.count >= 8 else { throw Self.tooShort }
      throw .damaged(.tiff, reason: "a BigTIFF whose offsets are not of 8 bytes")
    }
    guard let offset = integer(at: isBig ? 8 : 4, width: offsetWidth) else { throw Self.tooShort }
    guard offset > 0 else { throw .damaged(.tiff, reason: "a file without a page") }
    return offset
  }

  static let tooShort = CodecError.truncated(
    .tiff, reason: "its directory lies behind the file's end")
}
