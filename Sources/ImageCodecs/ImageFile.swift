package import Imaging

/// A picture's file in memory: its format recognised, its pages found.
package struct ImageFile: Sendable {
  package let format: ImageFormat
  private let decoder: any PictureDecoder
  private let limits: DecodingLimits

  package init(_ bytes: [UInt8], limits: DecodingLimits) throws(CodecError) {
    try limits.check(encodedBytes: bytes.count)
    guard let format = ImageFormat(recognising: bytes) else {
      if let foreign = ForeignFormat(recognising: bytes) { throw .foreign(foreign) }
      throw .unrecognised
    }
    self.format = format
    self.limits = limits
    decoder = try format.decoder.init(bytes, limits: limits)
  }

  package var pages: Int { decoder.pages }

  /// Why the file may have more pages than these, the limit on them or a broken chain; `nil` where
  /// it has not.
  package var missingPages: CodecError? { decoder.missingPages }

  /// Reads the header of a page without decoding any pixel; checks all limits.
  package func header(of page: Int) throws(CodecError) -> ImageHeader {
    guard (0..<pages).contains(page) else {
      if page >= pages, let reason = missingPages { throw reason }
      throw .noSuchPage(page, pages: pages)
    }
    let header = try decoder.header(of: page)
    try limits.check(width: header.size.width, height: header.size.height)
    return header
  }

  /// Decodes a page, or some of its channels, in the order given.
  ///
  /// Palettes and inks become colours, alpha is dropped and divided out where colours were
  /// multiplied by it, white-is-zero is inverted; gamma and profiles are not applied.
  package func decode(_ page: Int, channels: [Int]? = nil) throws(CodecError) -> DecodedPage {
    let header = try header(of: page)
    let channels = channels ?? Array(0..<header.channels)
    precondition(
      channels.allSatisfy((0..<header.channels).contains), "\(channels) of \(header.channels)")
    try limits.check(decodedBytes: header.decodedBytes(channels: channels.count))
    let decoded = try decoder.decode(header, channels: channels)
    return DecodedPage(
      header: header,
      raster: Raster(size: header.size, channels: channels.count, samples: decoded.samples),
      notices: header.notices + decoded.notices)
  }
}

/// A decoded page.
package struct DecodedPage: Sendable {
  package let header: ImageHeader
  package let raster: Raster
  /// The header's notices, and those of decoding.
  package let notices: [String]
}

/// Reads the header of a page without decoding any pixel.
package func probe(_ bytes: [UInt8], page: Int = 0, limits: DecodingLimits) throws(CodecError)
  -> ImageHeader
{
  try ImageFile(bytes, limits: limits).header(of: page)
}

/// Decodes a page with all its channels.
package func decode(_ bytes: [UInt8], page: Int = 0, limits: DecodingLimits) throws(CodecError)
  -> Raster
{
  try ImageFile(bytes, limits: limits).decode(page).raster
}
