internal import CImage
import Imaging

/// JPEG, with libjpeg.
struct JPEGDecoder: PictureDecoder {
  private let calls: NativeCalls

  init(_ bytes: [UInt8], limits: DecodingLimits) {
    calls = NativeCalls(format: .jpeg, bytes: bytes, limits: limits)
  }

  func header(of page: Int) throws(CodecError) -> ImageHeader {
    ImageHeader(try probe(), format: .jpeg)
  }

  func decode(_ header: ImageHeader, channels: [Int]) throws(CodecError) -> DecodedSamples {
    // SAFETY: the call forwards what `NativeCalls` gives it, whose sizes are those of its memory.
    let all = unsafe try calls.decode(try probe(), channels: header.channels) {
      file, count, limits, header, out, room, found, fault in
      unsafe cimage_jpeg_decode(file, count, limits, header, out, room, fault)
    }
    return DecodedSamples(
      samples: all.samples.choosing(channels, of: header.channels))
  }

  private func probe() throws(CodecError) -> cimage_header {
    // SAFETY: as above.
    unsafe try calls.probe { file, count, limits, header, fault in
      unsafe cimage_jpeg_probe(file, count, header, fault)
    }
  }
}
