internal import CImage
import Imaging

/// GIF, with giflib: its first frame on its canvas.
struct GIFDecoder: PictureDecoder {
  private let calls: NativeCalls

  init(_ bytes: [UInt8], limits: DecodingLimits) {
    calls = NativeCalls(format: .gif, bytes: bytes, limits: limits)
  }

  func header(of page: Int) throws(CodecError) -> ImageHeader {
    // SAFETY: libraries read and write what `NativeCalls` lends them, within the sizes it names.
    let found = try unsafe calls.probe(cimage_gif_probe)
    let header = ImageHeader(found, format: .gif, notices: Notice.sentences(found))
    try calls.limits.check(header, from: calls.bytes.count)
    return header
  }

  func decode(_ header: ImageHeader, channels: [Int]) throws(CodecError) -> DecodedSamples {
    // SAFETY: as above.
    try unsafe calls.decode(header, channels: channels, cimage_gif_decode)
  }
}
