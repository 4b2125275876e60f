import Imaging

/// The orientation in a block of Exif data: a TIFF's header and its first directory.
enum ExifOrientation {
  /// Upright where there is none, or it is wrong.
  ///
  /// Source: Exif 3.0 §4.6.2, tag 274; TIFF 6.0 §2.
  static func read(_ block: ArraySlice<UInt8>) -> Orientation {
    // WebP files may repeat the name that JPEG's segments have.
    let bytes = Array(block.starts(with: "Exif\0\0".utf8) ? block.dropFirst(6) : block)
    var fields = FileFields(format: .tiff, bytes: bytes)
    fields.isBigEndian = bytes.starts(with: "MM".utf8)
    return (try? orientation(in: fields)) ?? .upright
  }

  private static func orientation(in fields: FileFields) throws(CodecError) -> Orientation? {
    guard fields.isBigEndian || fields.bytes.starts(with: "II".utf8) else { return nil }
    let directory = try fields.unsigned(at: 4, bytes: 4)
    for entry in 0..<(try fields.unsigned(at: directory, bytes: 2)) {
      let place = directory + 2 + 12 * entry
      guard try fields.unsigned(at: place, bytes: 2) == 274 else { continue }
      return Orientation(rawValue: try fields.unsigned(at: place + 8, bytes: 2))
    }
    return nil
  }
}
