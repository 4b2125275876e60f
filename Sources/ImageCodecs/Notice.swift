internal import CImage

/// Sentences about what was found beside the pixels.
enum Notice {
  static let alpha = "Alpha was dropped."
  static let inks = "Inks (CMYK) became colours."
  static let moreFrames = "The file has more frames; this is the first."
  static let wrongChecksum = "The checksum of a part without pixels is wrong."
  static let junkBeforeEnd = "Bytes of no known meaning stand behind the pixels."
  static let noEnd = "The file's end is missing; all its pixels are there."
  static let junkAfterEnd = "Bytes behind the file's end were passed over."

  /// The sentences of a set that a C codec has found.
  static func sentences(_ found: cimage_header) -> [String] {
    let table = [
      (CIMAGE_ALPHA, alpha), (CIMAGE_INKS, inks), (CIMAGE_MORE_FRAMES, moreFrames),
      (CIMAGE_WRONG_CHECKSUM, wrongChecksum), (CIMAGE_JUNK_BEFORE_END, junkBeforeEnd),
      (CIMAGE_NO_END, noEnd), (CIMAGE_JUNK_AFTER_END, junkAfterEnd),
    ]
    return table.filter { found.notices & $0.0.rawValue != 0 }.map(\.1)
  }
}
