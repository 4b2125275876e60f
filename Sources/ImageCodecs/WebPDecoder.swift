internal import CImage
import Imaging

/// WebP, with libwebp: its first frame.
struct WebPDecoder: PictureDecoder {
  private let calls: NativeCalls

  init(_ bytes: [UInt8], limits: DecodingLimits) {
    calls = NativeCalls(format: .webP, bytes: bytes, limits: limits)
  }

  func header(of page: Int) throws(CodecError) -> ImageHeader {
    // SAFETY: libraries read and write what `NativeCalls` lends them, within the sizes it names.
    let found = try unsafe calls.probe(cimage_webp_probe)
    let header = ImageHeader(
      found, format: .webP, orientation: try orientation(), notices: Notice.sentences(found))
    try calls.limits.check(header, from: calls.bytes.count)
    return header
  }

  func decode(_ header: ImageHeader, channels: [Int]) throws(CodecError) -> DecodedSamples {
    // SAFETY: as above.
    try unsafe calls.decode(header, channels: channels, cimage_webp_decode)
  }

  /// What the chunk of Exif data says.
  ///
  /// Source: RFC 9649 §2.
  private func orientation() throws(CodecError) -> Orientation {
    let fields = FileFields(format: .webP, bytes: calls.bytes)
    var place = 12
    while place <= calls.bytes.count - 8 {
      let length = try fields.unsigned(at: place + 4, bytes: 4)
      if calls.bytes[place..<place + 4].elementsEqual("EXIF".utf8) {
        return ExifOrientation.read(calls.bytes[(place + 8)...].prefix(length))
      }
      place += 8 + length + length % 2
    }
    return .upright
  }
}
