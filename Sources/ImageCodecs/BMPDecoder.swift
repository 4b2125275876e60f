import Imaging

/// BMP: palettes of 1 to 8 bits, plain or in runs, and colours of 16, 24 and 32 bits.
struct BMPDecoder: PictureDecoder {
  private let bytes: [UInt8]
  private let found: BMPHeader

  init(_ bytes: [UInt8], limits: DecodingLimits) throws(CodecError) {
    found = try BMPHeader(bytes, limits: limits)
    if case .runs = found.compression {
      guard found.start <= bytes.count else {
        throw .truncated(.bmp, reason: "the file ends before its pixels")
      }
    } else if found.start > bytes.count
      || found.rowBytes * found.size.height > bytes.count - found.start
    {
      throw .truncated(.bmp, reason: "the file ends before its last pixel")
    }
    self.bytes = bytes
    if case .runs = found.compression { try limits.check(header(of: 0), from: bytes.count) }
  }

  func header(of page: Int) throws(CodecError) -> ImageHeader {
    let isGrey = !found.palette.isEmpty && found.hasGreyPalette
    let (bits, hasAlpha) = try sampleBits()
    let stored = ImageHeader.Stored(.unsigned, bits: bits)
    return ImageHeader(
      format: .bmp, size: found.size, channels: isGrey ? 1 : 3, kind: isGrey ? .grey : .colour,
      depth: stored.depth, stored: stored, pixelSize: found.pixelSize,
      notices: hasAlpha ? [Notice.alpha] : [])
  }

  func decode(_ header: ImageHeader, channels: [Int]) throws(CodecError) -> DecodedSamples {
    switch found.compression {
    case .masks(let masks):
      return DecodedSamples(samples: maskedSamples(try BMPMask.all(masks), channels))
    case .none where found.bits > 8:
      let row = found.rowBytes
      let last = found.start + (found.size.height - 1) * row
      let grid = SampleGrid(
        size: found.size, stored: header.stored,
        start: (found.isTopDown ? found.start : last) + 2,
        rowStep: found.isTopDown ? row : -row, pixelStep: found.bits / 8, channelStep: -1)
      return DecodedSamples(samples: grid.samples(of: bytes, channels: channels))
    case .none: return DecodedSamples(samples: try colours(of: indices(), channels))
    case .runs:
      let runs = BMPRuns(size: found.size, bits: found.bits)
      let (indices, notices) = try runs.indices(in: bytes[found.start...])
      return DecodedSamples(
        samples: try colours(of: upright(indices), channels), notices: notices)
    }
  }

  /// Bits of a sample, and whether there is alpha.
  private func sampleBits() throws(CodecError) -> (Int, Bool) {
    guard case .masks(let masks) = found.compression else {
      return (found.palette.isEmpty ? 8 : min(found.bits, 8), false)
    }
    let bits = try BMPMask.all(masks).map(\.bits).max() ?? 8
    return (bits, masks[3] != 0)
  }

  /// The palette's index of each pixel, from the top.
  private func indices() -> [UInt8] {
    let (width, height, bits) = (found.size.width, found.size.height, found.bits)
    let mask = UInt8(truncatingIfNeeded: 1 << bits - 1)
    var indices: [UInt8] = []
    indices.reserveCapacity(width * height)
    for row in 0..<height {
      let start = found.start + (found.isTopDown ? row : height - 1 - row) * found.rowBytes
      for column in 0..<width {
        let bit = column * bits
        indices.append(bytes[start + bit / 8] >> UInt8(8 - bits - bit % 8) & mask)
      }
    }
    return indices
  }

  /// Rows in the file's order, put in that of the picture.
  private func upright(_ indices: [UInt8]) -> [UInt8] {
    guard !found.isTopDown else { return indices }
    let width = found.size.width
    return (0..<found.size.height).reversed().flatMap { indices[$0 * width..<($0 + 1) * width] }
  }

  private func colours(
    of indices: [UInt8], _ channels: [Int]
  ) throws(CodecError) -> Raster.Samples {
    let colours = found.palette.count
    guard indices.allSatisfy({ $0 < colours }) else {
      throw .damaged(.bmp, reason: "a pixel's colour is none of the palette's \(colours)")
    }
    var samples: [UInt8] = []
    samples.reserveCapacity(indices.count * channels.count)
    for index in indices {
      for channel in channels { samples.append(found.palette[Int(index)][channel]) }
    }
    return .uint8(samples)
  }

  private func maskedSamples(_ masks: [BMPMask], _ channels: [Int]) -> Raster.Samples {
    let (width, height, step) = (found.size.width, found.size.height, found.bits / 8)
    var samples: [UInt16] = []
    samples.reserveCapacity(width * height * channels.count)
    for row in 0..<height {
      let start = found.start + (found.isTopDown ? row : height - 1 - row) * found.rowBytes
      for column in 0..<width {
        var pixel: UInt32 = 0
        for index in 0..<step {
          pixel |= UInt32(bytes[start + column * step + index]) << UInt32(8 * index)
        }
        for channel in channels { samples.append(masks[channel].sample(of: pixel)) }
      }
    }
    return masks[0].bits > 8 ? .uint16(samples) : .uint8(samples.map { UInt8($0) })
  }
}
