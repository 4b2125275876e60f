/// A picture's scaled grey levels, `[channels, height, width]`, one or three channels.
package struct Intensities: Sendable, Hashable {
  package let size: Size
  package let channels: Int
  /// Values, in 0…1 where the levels are clipped.
  package let values: [Float]
  /// Samples below the level that becomes 0, and above the one that becomes 1.
  package let outside: Outside

  package struct Outside: Sendable, Hashable, Codable {
    package var below = 0
    package var above = 0

    package init() {}
  }

  /// The largest magnitude that an encoder is given, whose square can still be summed.
  static let largest: Float = 1e15

  /// Scales a raster of one or three channels; colours share one line, and so keep their hue.
  package init(_ raster: Raster, levels: Levels) throws(ImagingError) {
    precondition(raster.channels == 1 || raster.channels == 3, "\(raster.channels) channels")
    let missing = raster.notFiniteCount
    guard missing == 0 else { throw .notFinite(samples: missing) }
    size = raster.size
    channels = raster.channels
    var outside = Outside()
    switch raster.samples {
    case .uint8(let samples):
      let table = (0...255).map { levels.intensity(Float($0)) }
      values = planes(of: samples, channels: channels) { table[Int($0)] }
      let counts = samples.reduce(into: [Int](repeating: 0, count: 256)) { $0[Int($1)] += 1 }
      for (level, count) in counts.enumerated() where Double(level) < levels.low {
        outside.below += count
      }
      for (level, count) in counts.enumerated() where Double(level) > levels.high {
        outside.above += count
      }
    case .uint16(let samples):
      values = planes(of: samples, channels: channels) { levels.intensity(Float($0)) }
      outside.count(samples.lazy.map { Float($0) }, levels)
    case .float32(let samples):
      values = planes(of: samples, channels: channels) { levels.intensity($0) }
      outside.count(samples, levels)
    case .float64(let samples):
      values = planes(of: samples, channels: channels) { levels.intensity($0) }
      for sample in samples {
        if sample < levels.low { outside.below += 1 }
        if sample > levels.high { outside.above += 1 }
      }
    }
    self.outside = outside
    let tooLarge = values.count { !($0.magnitude <= Intensities.largest) }
    guard tooLarge == 0 else { throw .notFinite(samples: tooLarge) }
  }
}

extension Intensities.Outside {
  fileprivate mutating func count(_ samples: some Sequence<Float>, _ levels: Levels) {
    let (low, high) = (Float(levels.low), Float(levels.high))
    for sample in samples {
      if sample < low { below += 1 }
      if sample > high { above += 1 }
    }
  }
}

/// Separates interleaved samples, `[height, width, channels] → [channels, height, width]`.
private func planes<Sample>(of samples: [Sample], channels: Int, _ intensity: (Sample) -> Float)
  -> [Float]
{
  let area = samples.count / channels
  var values = [Float](repeating: 0, count: samples.count)
  for channel in 0..<channels {
    let start = channel * area
    for pixel in 0..<area {
      values[start + pixel] = intensity(samples[pixel * channels + channel])
    }
  }
  return values
}
