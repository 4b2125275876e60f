import Foundation
import Imaging

/// PFM, the portable float map: grey or colours, rows from the bottom.
///
/// Source: Debevec, "PFM Portable FloatMap Image Format"; the sign of the scale is the byte order,
/// its amount is a unit, which is not applied.
struct PFMDecoder: PictureDecoder {
  private let bytes: [UInt8]
  private let size: Size
  private let channels: Int
  private let isBigEndian: Bool
  private let start: Int

  init(_ bytes: [UInt8], limits: DecodingLimits) throws(CodecError) {
    var words = TextFields(format: .pfm, bytes: bytes, position: 2)
    channels = bytes[1] == 0x46 ? 3 : 1
    let width = try words.integer()
    let height = try words.integer()
    guard let scale = Double(try words.word()), scale != 0, scale.isFinite else {
      throw .damaged(.pfm, reason: "its scale is no number")
    }
    start = try words.end()
    try limits.check(width: width, height: height)
    guard width > 0, height > 0 else {
      throw .damaged(.pfm, reason: "a picture of \(width)×\(height)")
    }
    guard width * height * channels * 4 <= bytes.count - start else {
      throw .truncated(.pfm, reason: "the file ends before its last pixel")
    }
    size = Size(width: width, height: height)
    isBigEndian = scale > 0
    self.bytes = bytes
  }

  func header(of page: Int) throws(CodecError) -> ImageHeader {
    ImageHeader(
      format: .pfm, size: size, channels: channels, kind: channels == 1 ? .grey : .colour,
      depth: .float32, stored: ImageHeader.Stored(.float, bits: 32))
  }

  func decode(_ header: ImageHeader, channels: [Int]) throws(CodecError) -> DecodedSamples {
    let row = size.width * self.channels * 4
    let grid = SampleGrid(
      size: size, stored: header.stored, isBigEndian: isBigEndian,
      start: start + (size.height - 1) * row, rowStep: -row, pixelStep: self.channels * 4,
      channelStep: 4)
    return DecodedSamples(samples: grid.samples(of: bytes, channels: channels))
  }
}
