internal import CImage

/// Sentences about what was passed over, guessed or converted in a TIFF.
enum TIFFNotices {
  static let onlyThumbnails = "All pages are marked as thumbnails or masks; they were taken."
  static let oneOfSeveralFiles =
    "The file is one of an OME-TIFF set; its pages are in the order of this file alone."
  static let otherOrder =
    "The OME-XML does not fit the file's pages; they are in the order of the file."

  static func passedOver(_ count: Int) -> String {
    count == 1
      ? "1 page was passed over: a thumbnail or a mask."
      : "\(count) pages were passed over: thumbnails or masks."
  }

  static func notNamed(_ count: Int) -> String {
    "\(count) \(count == 1 ? "page was" : "pages were") passed over: the OME-XML does not name them."
  }

  static func onePlane(of count: Int) -> String {
    "The file says that it holds \(count) planes, but only the first was found."
  }

  static func missing(_ fault: CodecError, after pages: Int) -> String {
    let found = "only the first \(pages == 1 ? "page was" : "\(pages) pages were") found"
    switch fault {
    case .tooManyPages(let limit): return "The file has more than \(limit) pages; \(found)."
    case .damaged(_, let reason), .truncated(_, let reason):
      return "The file's chain of pages is broken (\(reason)); \(found)."
    default: return "The file's chain of pages is broken; \(found)."
    }
  }

  /// How pages are counted, the dimension that changes fastest first.
  static func order(_ dimensions: [(name: String, size: Int)]) -> String {
    let names = ["C": "channels", "Z": "slices", "T": "times"]
    let parts = dimensions.filter { $0.size > 1 }.map {
      "\($0.size) \(names[$0.name] ?? $0.name)"
    }
    return "The pages are \(parts.joined(separator: " x ")), the first changing fastest."
  }

  /// The sentences about one page.
  static func sentences(about header: cimage_header) -> [String] {
    sentences.compactMap { bit, text in
      header.notices & UInt32(bitPattern: Int32(bit)) == 0 ? nil : text(header)
    }
  }

  private typealias Sentence = @Sendable (cimage_header) -> String

  private static let sentences: [(Int, Sentence)] = [
    (
      CIMAGE_TIFF_NO_PHOTOMETRIC,
      { header in
        let kind =
          header.kind == CIMAGE_GREY
          ? "grey" : header.kind == CIMAGE_COLOUR ? "red, green and blue" : "channels"
        return "The file does not say what its samples mean; they were taken as \(kind)."
      }
    ),
    (
      CIMAGE_TIFF_NO_COLOURS,
      { "The file says RGB, but its \($0.channels) channels are not red, green and blue alone." }
    ),
    (CIMAGE_TIFF_WHITE_IS_ZERO, { _ in "White is zero in the file; the samples were inverted." }),
    (
      CIMAGE_TIFF_EIGHT_BIT_MAP,
      { _ in "The colour map holds numbers of 8 bits, not 16; they were taken as they are." }
    ),
    (CIMAGE_TIFF_ALPHA_DROPPED, { _ in "The alpha channel was left out." }),
    (
      CIMAGE_TIFF_ALPHA_DIVIDED,
      { _ in "The samples had been multiplied by the alpha channel; they were divided by it." }
    ),
    (CIMAGE_TIFF_EXTRA_DROPPED, { _ in "Samples beside the colours were left out." }),
    (
      CIMAGE_TIFF_YCBCR_IN_RGB,
      { _ in "The file says RGB, but its JPEG data are YCbCr; they were converted." }
    ),
    (
      CIMAGE_TIFF_RGB_IN_YCBCR,
      { _ in "The file says YCbCr, but its JPEG data are RGB; they were taken as such." }
    ),
    (CIMAGE_TIFF_INKS, { _ in "The inks (CMYK) were converted to colours without a profile." }),
    (CIMAGE_TIFF_LAB, { _ in "The L*a*b* colours were converted to sRGB." }),
    (
      CIMAGE_TIFF_UNPACKED,
      { "The samples of \($0.stored_bits) bits are stored in 16 bits each." }
    ),
  ]
}
