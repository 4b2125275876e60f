/// A decoded picture as its file stores it, `[height, width, channels]`, one or three channels.
package struct Raster: Sendable, Hashable {
  /// Interleaved samples, in the file's own depth; fewer than eight bits were widened to eight.
  package enum Samples: Sendable, Hashable {
    case uint8([UInt8])
    case uint16([UInt16])
    case float32([Float])
  }

  package let size: Size
  /// 1 (grey) or 3 (red, green, blue).
  package let channels: Int
  package let samples: Samples

  package init(size: Size, channels: Int, samples: Samples) {
    self.size = size
    self.channels = channels
    self.samples = samples
    precondition(channels == 1 || channels == 3, "\(channels) channels")
    precondition(
      count == size.width * size.height * channels, "\(count) samples, \(size) × \(channels)")
  }

  private var count: Int {
    switch samples {
    case .uint8(let values): values.count
    case .uint16(let values): values.count
    case .float32(let values): values.count
    }
  }
}
