/// A picture's scaled grey levels, `[channels, height, width]`, one or three channels.
package struct Intensities: Sendable, Hashable {
  package let size: Size
  package let channels: Int
  /// Values, usually in 0…1.
  ///
  /// Floats below 0 stay below it, and with `Scale.none` keep any value.
  package let values: [Float]

  /// The largest magnitude that an encoder is given, whose square can still be summed.
  static let largest: Float = 1e15

  /// Scales a raster.
  ///
  /// A picture whose maximum is not above 0 is not divided by it, and a percentile range of one
  /// level becomes 0. Channels share one scale, so colours keep their hue.
  package init(_ raster: Raster, scale: Scale) throws(ImagingError) {
    size = raster.size
    channels = raster.channels
    switch raster.samples {
    case .uint8(let samples):
      let line = Line(of: samples, scale: scale, type: 255, isShallow: true)
      let levels = (0...255).map { line(Float($0)) }
      values = planes(of: samples, channels: channels) { levels[Int($0)] }
    case .uint16(let samples):
      let line = Line(of: samples, scale: scale, type: 65535, isShallow: false)
      values = planes(of: samples, channels: channels) { line(Float($0)) }
    case .float32(let samples):
      try Intensities.check(samples, limit: .greatestFiniteMagnitude)
      let line = Line(of: samples, scale: scale, type: 1, isShallow: false)
      values = planes(of: samples, channels: channels) { line($0) }
      try Intensities.check(values, limit: Intensities.largest)
    case .float64(let samples):
      let floats = samples.map(Float.init)
      let line = Line(of: floats, scale: scale, type: 1, isShallow: false)
      values = planes(of: floats, channels: channels) { line($0) }
    }
  }

  private static func check(_ samples: [Float], limit: Float) throws(ImagingError) {
    var count = 0
    for sample in samples where !(sample.magnitude <= limit) { count += 1 }
    guard count == 0 else { throw .notFinite(samples: count) }
  }
}

/// The scaling of levels: (level − low) / (high − low), clamped to 0…1 on request.
private struct Line {
  let low: Float
  let span: Float
  let clamps: Bool

  init<Sample: RankedSample>(of samples: [Sample], scale: Scale, type: Float, isShallow: Bool) {
    switch scale {
    case .auto where isShallow, .none:
      self.init(dividingBy: type)
    case .auto, .maximum:
      self.init(dividingBy: samples.max().map(\.level) ?? 0)
    case .percentile:
      let ends = percentiles([0.5, 99.5], of: samples)
      self.init(from: ends[0], to: ends[1])
    case .range(let low, let high):
      self.init(from: Double(low), to: Double(high))
    }
  }

  private init(dividingBy divisor: Float) {
    low = 0
    span = divisor > 0 ? divisor : 1
    clamps = false
  }

  private init(from low: Double, to high: Double) {
    self.low = Float(low)
    let width = Float(high - low)
    // With equal ends every level is clamped to one of them, and becomes 0.
    span = width > 0 ? width : .infinity
    clamps = true
  }

  func callAsFunction(_ level: Float) -> Float {
    let value = (level - low) / span
    return clamps ? min(max(value, 0), 1) : value
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
