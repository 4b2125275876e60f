internal import CImage
import Imaging

/// TIFF and BigTIFF, with libtiff.
struct TIFFDecoder: PictureDecoder {
  private let calls: NativeCalls
  private let found: TIFFPages

  init(_ bytes: [UInt8], limits: DecodingLimits) throws(CodecError) {
    calls = NativeCalls(format: .tiff, bytes: bytes, limits: limits)
    found = try TIFFPages(of: TIFFBytes(bytes), limit: limits.pages)
  }

  var pages: Int { found.pages.count }

  var missingPages: CodecError? { found.missing }

  func header(of page: Int) throws(CodecError) -> ImageHeader {
    let native = try probe(page)
    return ImageHeader(
      native, format: .tiff, page: page, pages: pages, pixelSize: found.pixelSize(of: page),
      noData: found.noData(of: page), notices: found.notices + TIFFNotices.sentences(about: native))
  }

  func decode(_ header: ImageHeader, channels: [Int]) throws(CodecError) -> DecodedSamples {
    let place = place(of: header.page)
    // Colours are made of several samples, and only as a whole.
    let read = header.kind == .colour ? Array(0..<header.channels) : channels
    let numbers = read.map { UInt8($0) }
    // SAFETY: the call forwards what `NativeCalls` gives it, whose sizes are those of its memory,
    // and as many channels as `numbers` holds.
    let decoded = unsafe try calls.decode(try probe(header.page), channels: read.count) {
      file, count, limits, header, out, room, found, fault in
      unsafe numbers.withUnsafeBufferPointer { numbers in
        unsafe cimage_tiff_decode(
          file, count, place, numbers.baseAddress, numbers.count, limits, header, out, room, fault)
      }
    }
    guard header.kind == .colour else { return DecodedSamples(samples: decoded.samples) }
    return DecodedSamples(samples: decoded.samples.choosing(channels, of: header.channels))
  }

  private func place(of page: Int) -> cimage_tiff_page {
    let page = found.pages[page]
    return cimage_tiff_page(directory: UInt64(page.directory), plane: UInt64(page.plane))
  }

  private func probe(_ page: Int) throws(CodecError) -> cimage_header {
    let place = place(of: page)
    // SAFETY: as above.
    return unsafe try calls.probe { file, count, limits, header, fault in
      unsafe cimage_tiff_probe(file, count, place, limits, header, fault)
    }
  }
}
