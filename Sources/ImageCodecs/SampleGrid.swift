import Imaging

/// Where a picture's samples lie among a file's bytes, uncompressed, each of whole bytes.
///
/// Steps may be negative: rows from the bottom, blue before red.
struct SampleGrid {
  let size: Size
  let stored: ImageHeader.Stored
  var isBigEndian = false
  /// The offset of the sample at the first row, column and channel.
  let start: Int
  let rowStep: Int
  let pixelStep: Int
  let channelStep: Int

  /// Samples packed closely, `[height, width, channels]`, from an offset.
  init(
    packed size: Size, channels: Int, stored: ImageHeader.Stored, isBigEndian: Bool, at start: Int
  ) {
    let width = stored.bits / 8
    self.init(
      size: size, stored: stored, isBigEndian: isBigEndian, start: start,
      rowStep: size.width * channels * width, pixelStep: channels * width, channelStep: width)
  }

  init(
    size: Size, stored: ImageHeader.Stored, isBigEndian: Bool = false, start: Int, rowStep: Int,
    pixelStep: Int, channelStep: Int
  ) {
    self.size = size
    self.stored = stored
    self.isBigEndian = isBigEndian
    self.start = start
    self.rowStep = rowStep
    self.pixelStep = pixelStep
    self.channelStep = channelStep
  }

  /// Reads some channels; every sample must lie within the bytes.
  func samples(of bytes: [UInt8], channels: [Int]) -> Raster.Samples {
    switch (stored.number, stored.bits) {
    case (.unsigned, 8): .uint8(read(bytes, channels, UInt8.self) { $0 })
    case (.unsigned, 16): .uint16(read(bytes, channels, UInt16.self) { $0 })
    case (.unsigned, 32): .float64(read(bytes, channels, UInt32.self) { Double($0) })
    case (.unsigned, _): .float64(read(bytes, channels, UInt64.self) { Double($0) })
    case (.signed, 8):
      .float32(read(bytes, channels, UInt8.self) { Float(Int8(bitPattern: $0)) })
    case (.signed, 16):
      .float32(read(bytes, channels, UInt16.self) { Float(Int16(bitPattern: $0)) })
    case (.signed, 32):
      .float64(read(bytes, channels, UInt32.self) { Double(Int32(bitPattern: $0)) })
    case (.signed, _):
      .float64(read(bytes, channels, UInt64.self) { Double(Int64(bitPattern: $0)) })
    case (.float, 16):
      .float32(read(bytes, channels, UInt16.self) { Float(Float16(bitPattern: $0)) })
    case (.float, 32): .float32(read(bytes, channels, UInt32.self) { Float(bitPattern: $0) })
    case (.float, _): .float64(read(bytes, channels, UInt64.self) { Double(bitPattern: $0) })
    }
  }

  @inline(__always)
  private func read<Bits: FixedWidthInteger & UnsignedInteger, Sample>(
    _ bytes: [UInt8], _ channels: [Int], _ type: Bits.Type, _ value: (Bits) -> Sample
  ) -> [Sample] {
    let width = Bits.bitWidth / 8
    var samples: [Sample] = []
    samples.reserveCapacity(size.width * size.height * channels.count)
    for row in 0..<size.height {
      for column in 0..<size.width {
        for channel in channels {
          let offset = start + row * rowStep + column * pixelStep + channel * channelStep
          var bits: Bits = 0
          for index in 0..<width {
            let byte = bytes[offset + (isBigEndian ? index : width - 1 - index)]
            bits = bits << 8 | Bits(truncatingIfNeeded: byte)
          }
          samples.append(value(bits))
        }
      }
    }
    return samples
  }
}

extension ImageHeader.Stored {
  /// The type that holds every such number, as `Raster.Samples` has them.
  var depth: ImageHeader.Depth {
    switch (number, bits) {
    case (.unsigned, ...8): .uint8
    case (.unsigned, ...16): .uint16
    case (.unsigned, ...24), (.signed, ...16), (.float, ...32): .float32
    default: .float64
    }
  }
}
