internal import CImage

/// Sentences about what was found beside the pixels, each without its full stop.
enum Notice {
  static let alpha = "alpha was dropped"
  static let inks = "inks (CMYK) became colours"
  static let moreFrames = "the file has more frames; this is the first"
  static let wrongChecksum = "the checksum of a part without pixels is wrong"
  static let junkBeforeEnd = "bytes of no known meaning stand behind the pixels"
  static let noEnd = "the file's end is missing; all its pixels are there"
  static let junkAfterEnd = "bytes behind the file's end were passed over"

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
