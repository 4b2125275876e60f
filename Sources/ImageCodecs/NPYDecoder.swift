import Imaging

/// A NumPy array: `[height, width]`, `[height, width, channels]` where there are at most four, else
/// `[pages, height, width]`, or `[pages, height, width, channels]`.
struct NPYDecoder: PictureDecoder {
  private let bytes: [UInt8]
  private let found: NPYSamples
  private let layout: NPYLayout

  init(_ bytes: [UInt8], limits: DecodingLimits) throws(CodecError) {
    found = try NPYSamples(bytes)
    layout = try NPYLayout(found.shape, stored: found.stored)
    try limits.check(width: layout.size.width, height: layout.size.height)
    var total = found.stored.bits / 8
    for axis in found.shape {
      let (product, overflows) = total.multipliedReportingOverflow(by: axis)
      guard !overflows, product <= bytes.count - found.start else {
        throw .truncated(.npy, reason: "the file ends before the end of its array")
      }
      total = product
    }
    self.bytes = bytes
  }

  var pages: Int { layout.pages }

  func header(of page: Int) throws(CodecError) -> ImageHeader {
    ImageHeader(
      format: .npy, size: layout.size, channels: layout.channels, kind: layout.kind,
      depth: found.stored.depth,
      stored: found.isBool ? ImageHeader.Stored(.unsigned, bits: 1) : found.stored, page: page,
      pages: pages, notices: layout.notices)
  }

  func decode(_ header: ImageHeader, channels: [Int]) throws(CodecError) -> DecodedSamples {
    let samples = grid(of: header.page).samples(of: bytes, channels: channels)
    guard found.isBool, case .uint8(let values) = samples else {
      return DecodedSamples(samples: samples)
    }
    return DecodedSamples(samples: .uint8(values.map { $0 == 0 ? 0 : 255 }))
  }

  private func grid(of page: Int) -> SampleGrid {
    let width = found.stored.bits / 8
    let steps = found.isFortran ? fortranSteps : rowMajorSteps
    return SampleGrid(
      size: layout.size, stored: found.stored, isBigEndian: found.isBigEndian,
      start: found.start + page * steps.page * width, rowStep: steps.row * width,
      pixelStep: steps.pixel * width, channelStep: steps.channel * width)
  }

  private typealias Steps = (page: Int, row: Int, pixel: Int, channel: Int)

  /// Samples between neighbours along each axis, the last axis closest.
  private var rowMajorSteps: Steps {
    let (pixel, row) = (layout.samples, layout.samples * layout.size.width)
    return (row * layout.size.height, row, pixel, 1)
  }

  /// The same, the first axis closest.
  private var fortranSteps: Steps {
    let (pages, size) = (layout.pages, layout.size)
    return (1, pages, pages * size.height, pages * size.height * size.width)
  }
}
