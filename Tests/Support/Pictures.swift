import ImageCodecs
package import Imaging

/// Reproducible noise.
///
/// Source: Steele et al. 2014, SplitMix64.
package struct Noise: RandomNumberGenerator, Sendable {
  private var state: UInt64

  package init(seed: UInt64) {
    state = seed
  }

  package mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
    return mixed ^ mixed >> 31
  }
}

extension Raster {
  /// Noise of 8 bits.
  package static func noise(
    _ width: Int, _ height: Int, channels: Int = 3, seed: UInt64 = 1
  ) -> Raster {
    var noise = Noise(seed: seed)
    let samples = (0..<width * height * channels).map { _ in
      UInt8.random(in: .min ... .max, using: &noise)
    }
    return Raster(
      size: Size(width: width, height: height), channels: channels, samples: .uint8(samples))
  }

  /// The sample of one channel at a pixel, of 8 bits.
  package func level(_ channel: Int, x: Int, y: Int) -> UInt8? {
    guard case .uint8(let samples) = samples else { return nil }
    return samples[(y * size.width + x) * channels + (channels == 1 ? 0 : channel)]
  }

  package func png() throws -> [UInt8] { try encodePNG(self) }
}

extension ForgedTIFF {
  /// A sound picture of floats, `[height, width]`.
  package init(floats: [Float], width: Int, height: Int) {
    self.init()
    data = floats.flatMap { value in
      (0..<4).map { UInt8(truncatingIfNeeded: value.bitPattern >> (8 * $0)) }
    }
    set(256, UInt32(width))
    set(257, UInt32(height))
    set(278, UInt32(height))
    set(279, UInt32(data.count))
    tags[258] = (3, [32])
    tags[339] = (3, [3])
  }
}
