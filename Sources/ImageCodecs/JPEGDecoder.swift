internal import CImage
import Imaging

/// JPEG, with libjpeg.
struct JPEGDecoder: PictureDecoder {
  private let calls: NativeCalls

  init(_ bytes: [UInt8], limits: DecodingLimits) {
    calls = NativeCalls(format: .jpeg, bytes: bytes, limits: limits)
  }

  func header(of page: Int) throws(CodecError) -> ImageHeader {
    // SAFETY: libraries read and write what `NativeCalls` lends them, within the sizes it names.
    let found = try unsafe calls.probe(cimage_jpeg_probe)
    let segments = JPEGSegments(calls.bytes)
    return ImageHeader(
      found, format: .jpeg, orientation: segments.orientation, pixelSize: segments.pixelSize,
      notices: Notice.sentences(found))
  }

  func decode(_ header: ImageHeader, channels: [Int]) throws(CodecError) -> DecodedSamples {
    // SAFETY: as above.
    try unsafe calls.decode(header, channels: channels, cimage_jpeg_decode)
  }
}
