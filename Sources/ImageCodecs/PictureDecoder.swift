import Imaging

/// A file of one format in memory, whose pages can be decoded.
///
/// Its limits are checked from headers, before a pixel is decoded; `ImageFile` checks sides and
/// areas for all formats.
protocol PictureDecoder: Sendable {
  init(_ bytes: [UInt8], limits: DecodingLimits) throws(CodecError)

  /// Pages that show pictures and can be reached.
  var pages: Int { get }

  /// Why the file may have more pages than these; `nil` where it has not.
  var missingPages: CodecError? { get }

  /// The header of a page below `pages`.
  func header(of page: Int) throws(CodecError) -> ImageHeader

  /// Decodes the chosen channels of the page with a header, in the order given.
  func decode(_ header: ImageHeader, channels: [Int]) throws(CodecError) -> DecodedSamples
}

extension PictureDecoder {
  var pages: Int { 1 }
  var missingPages: CodecError? { nil }
}

/// The samples of a page, and what was noticed while they were decoded.
struct DecodedSamples {
  let samples: Raster.Samples
  var notices: [String] = []
}
