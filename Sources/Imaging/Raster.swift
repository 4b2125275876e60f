/// A decoded picture as its file stores it, `[height, width, channels]`.
package struct Raster: Sendable, Hashable {
  /// Interleaved samples, in a type that holds every value of the file's.
  package enum Samples: Sendable, Hashable {
    /// Unsigned integers of up to 8 bits; fewer than eight were widened to eight.
    case uint8([UInt8])
    /// Unsigned integers of 9 to 16 bits, as they are.
    case uint16([UInt16])
    /// Floats of up to 32 bits, signed integers of up to 16 and unsigned ones of up to 24.
    case float32([Float])
    /// Every other number; integers beyond 2⁵³ are rounded.
    case float64([Double])
  }

  /// The largest number of channels.
  package static let maximumChannels = 64

  package let size: Size
  /// 1 (grey), 3 (red, green, blue), or the number of separate measurements.
  package let channels: Int
  package let samples: Samples

  package init(size: Size, channels: Int, samples: Samples) {
    self.size = size
    self.channels = channels
    self.samples = samples
    precondition((1...Raster.maximumChannels).contains(channels), "\(channels) channels")
    precondition(
      samples.count == size.width * size.height * channels,
      "\(samples.count) samples, \(size) × \(channels)")
  }
}

extension Raster.Samples {
  package var count: Int {
    switch self {
    case .uint8(let values): values.count
    case .uint16(let values): values.count
    case .float32(let values): values.count
    case .float64(let values): values.count
    }
  }

  /// The samples after a change that keeps their type.
  func mapped(
    _ uint8: ([UInt8]) -> [UInt8], _ uint16: ([UInt16]) -> [UInt16],
    _ float32: ([Float]) -> [Float], _ float64: ([Double]) -> [Double]
  ) -> Raster.Samples {
    switch self {
    case .uint8(let values): .uint8(uint8(values))
    case .uint16(let values): .uint16(uint16(values))
    case .float32(let values): .float32(float32(values))
    case .float64(let values): .float64(float64(values))
    }
  }
}
