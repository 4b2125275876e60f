import Imaging

/// Limits of a picture, all checked before a pixel is decoded, and what a palette's samples are.
package struct DecodingLimits: Sendable, Hashable, Codable {
  /// Bytes of the file.
  package var encodedBytes: Int
  /// Width × height.
  package var pixels: Int
  /// Width, and height.
  package var side: Int
  /// Pages of a TIFF.
  package var pages: Int
  /// Whether the palette's indices of a PNG or TIFF are the samples of a grey picture, and not its
  /// colours.
  package var keepsIndices = false

  package init(
    encodedBytes: Int = 256 << 20, pixels: Int = 100_000_000, side: Int = 65_535,
    pages: Int = 10_000
  ) {
    precondition(
      encodedBytes > 0 && pixels > 0 && side > 0 && pages > 0,
      "\(encodedBytes) bytes, \(pixels) pixels, side \(side), \(pages) pages")
    self.encodedBytes = encodedBytes
    self.pixels = pixels
    self.side = side
    self.pages = pages
  }

  /// Scans of a progressive JPEG; encoders write about ten, and each costs a pass over the picture.
  static let scans = 100
  /// Samples per pixel of a TIFF, including alpha and other extra ones.
  static let samples = 64
  /// Decoded bytes for each of the file's, beside 64 MiB, where a format can promise any number.
  static let expansion = 1024
  /// Components of a JPEG 2000 file, alpha among them.
  static let components = 64
  /// Tiles of a JPEG 2000 file times its components, each about a kilobyte in OpenJPEG.
  static let tiles = 1 << 16
  /// Code blocks of a JPEG 2000 file, about 100 bytes each, beside one for each byte of the file.
  static let codeBlocks = 1 << 20
  /// Bytes that libtiff may allocate at once, beside sixteen per byte of the file.
  static let allocation = 64 << 20
}

extension DecodingLimits {
  func check(encodedBytes count: Int) throws(CodecError) {
    guard count <= encodedBytes else { throw .tooManyBytes(count, limit: encodedBytes) }
  }

  /// Checks what the chosen channels take, as pixels of three samples of 64 bits.
  func check(decodedBytes count: Int) throws(CodecError) {
    guard count / 24 <= pixels else { throw .tooManyPixels(count / 24, limit: pixels) }
  }

  func check(width: Int, height: Int) throws(CodecError) {
    let longest = max(width, height)
    guard longest <= side else { throw .sideTooLong(longest, limit: side) }
    let (area, overflows) = width.multipliedReportingOverflow(by: height)
    guard !overflows, area <= pixels else {
      throw .tooManyPixels(overflows ? .max : area, limit: pixels)
    }
  }

  /// Checks sides and area, and that a few bytes do not promise a large picture.
  func check(_ header: ImageHeader, samples: Int? = nil, from encodedBytes: Int)
    throws(CodecError)
  {
    try check(width: header.size.width, height: header.size.height)
    let bytes = header.decodedBytes(channels: samples)
    guard bytes <= 64 << 20 + DecodingLimits.expansion * encodedBytes else {
      throw .damaged(
        header.format, reason: "\(bytes) bytes of pixels are too many for \(encodedBytes) bytes")
    }
  }
}
