internal import CImage
import Imaging

/// TIFF and BigTIFF, with libtiff.
struct TIFFDecoder: PictureDecoder {
  private let calls: NativeCalls
  private let directories: [Int]

  init(_ bytes: [UInt8], limits: DecodingLimits) throws(CodecError) {
    calls = NativeCalls(format: .tiff, bytes: bytes, limits: limits)
    directories = try TIFFDirectories(of: bytes, limit: limits.pages).offsets
  }

  var pages: Int { directories.count }

  func header(of page: Int) throws(CodecError) -> ImageHeader {
    ImageHeader(try probe(page), format: .tiff, page: page, pages: pages)
  }

  func decode(_ header: ImageHeader, channels: [Int]) throws(CodecError) -> DecodedSamples {
    let directory = UInt64(directories[header.page])
    // SAFETY: the call forwards what `NativeCalls` gives it, whose sizes are those of its memory.
    let all = unsafe try calls.decode(try probe(header.page), channels: header.channels) {
      file, count, limits, header, out, room, found, fault in
      unsafe cimage_tiff_decode(file, count, directory, limits, header, out, room, fault)
    }
    return DecodedSamples(samples: all.samples.choosing(channels, of: header.channels))
  }

  private func probe(_ page: Int) throws(CodecError) -> cimage_header {
    let directory = UInt64(directories[page])
    // SAFETY: as above.
    return unsafe try calls.probe { file, count, limits, header, fault in
      unsafe cimage_tiff_probe(file, count, directory, limits, header, fault)
    }
  }
}
