import Imaging

/// PBM, PGM, PPM and PAM, as text and as bytes.
struct PNMDecoder: PictureDecoder {
  private let bytes: [UInt8]
  private let found: PNMHeader

  init(_ bytes: [UInt8], limits: DecodingLimits) throws(CodecError) {
    found = try PNMHeader(bytes, limits: limits)
    guard found.start <= bytes.count, found.leastBytes <= bytes.count - found.start else {
      throw .truncated(.pnm, reason: "the file ends before its last pixel")
    }
    self.bytes = bytes
  }

  func header(of page: Int) throws(CodecError) -> ImageHeader {
    let dropsAlpha = found.channels < found.samples
    return ImageHeader(
      format: .pnm, size: found.size, channels: found.channels, kind: found.kind,
      depth: found.stored.depth, stored: found.stored,
      notices: dropsAlpha ? [Notice.alpha] : [])
  }

  func decode(_ header: ImageHeader, channels: [Int]) throws(CodecError) -> DecodedSamples {
    switch found.encoding {
    case .text:
      let (samples, isOpen) = try textSamples()
      return DecodedSamples(
        samples: try widened(samples).choosing(channels, of: found.samples),
        notices: isOpen ? ["No white space follows the last number, which may be cut."] : [])
    case .bits: return DecodedSamples(samples: .uint8(unpackedBits()), notices: followers)
    case .bytes:
      let grid = SampleGrid(
        packed: found.size, channels: found.samples,
        stored: ImageHeader.Stored(.unsigned, bits: found.largest > 255 ? 16 : 8),
        isBigEndian: true, at: found.start)
      let samples = grid.samples(of: bytes, channels: channels)
      return DecodedSamples(samples: try widened(samples), notices: followers)
    }
  }

  private var followers: [String] {
    let count = bytes.count - found.start - found.leastBytes
    return count > 0 ? ["\(count) bytes behind the picture were passed over."] : []
  }

  /// Samples of up to eight bits made 0…255.
  private func widened(_ samples: Raster.Samples) throws(CodecError) -> Raster.Samples {
    let largest = found.largest
    guard case .uint8(let values) = samples, largest < 255 else { return samples }
    guard values.allSatisfy({ $0 <= largest }) else {
      throw .damaged(.pnm, reason: "a sample exceeds the largest, \(largest)")
    }
    let table = (0...largest).map { value in
      let wide = UInt8((value * 255 + largest / 2) / largest)
      return found.isInverted ? 255 - wide : wide
    }
    return .uint8(values.map { table[Int($0)] })
  }

  private func unpackedBits() -> [UInt8] {
    let (width, height) = (found.size.width, found.size.height)
    var samples: [UInt8] = []
    samples.reserveCapacity(width * height)
    for row in 0..<height {
      let start = found.start + row * ((width + 7) / 8)
      for column in 0..<width {
        let bit = bytes[start + column / 8] >> UInt8(7 - column % 8) & 1
        samples.append(bit == 1 ? 0 : 255)
      }
    }
    return samples
  }

  /// The numbers of a text, and whether the file ends in the last.
  ///
  /// Of a PBM each is one digit, with or without white space between.
  private func textSamples() throws(CodecError) -> (Raster.Samples, isOpen: Bool) {
    var text = TextFields(format: .pnm, bytes: bytes, position: found.start)
    let count = found.size.width * found.size.height * found.samples
    var samples: [UInt16] = []
    samples.reserveCapacity(count)
    for _ in 0..<count {
      let value = found.isInverted ? try text.digit() : try text.integer()
      guard value <= found.largest else {
        throw .damaged(.pnm, reason: "a sample exceeds the largest, \(found.largest)")
      }
      samples.append(UInt16(value))
    }
    return (
      found.largest > 255 ? .uint16(samples) : .uint8(samples.map { UInt8($0) }),
      !found.isInverted && text.position == bytes.count
    )
  }
}
