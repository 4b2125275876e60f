internal import CImage
import Imaging

/// PNG, with libpng.
struct PNGDecoder: PictureDecoder {
  private let calls: NativeCalls
  private let chunks: PNGChunks

  init(_ bytes: [UInt8], limits: DecodingLimits) {
    calls = NativeCalls(format: .png, bytes: bytes, limits: limits)
    chunks = PNGChunks(bytes)
  }

  func header(of page: Int) throws(CodecError) -> ImageHeader {
    // SAFETY: libraries read and write what `NativeCalls` lends them, within the sizes it names.
    let found = try unsafe calls.probe(cimage_png_probe)
    let transparency = chunks.hasTransparency && found.notices == 0 ? [Notice.alpha] : []
    return ImageHeader(
      found, format: .png, orientation: chunks.orientation, pixelSize: chunks.pixelSize,
      notices: Notice.sentences(found) + transparency)
  }

  /// What follows the pixels is not read when they are all there.
  func decode(_ header: ImageHeader, channels: [Int]) throws(CodecError) -> DecodedSamples {
    var calls = calls
    calls.readableCount = chunks.pixelsEnd
    // SAFETY: as above.
    var decoded = try unsafe calls.decode(
      header, channels: channels,
      chunks.pixelsEnd == nil ? cimage_png_decode : cimage_png_decode_pixels)
    decoded.notices += chunks.notices
    return decoded
  }
}
