/// The two levels that become 0 and 1, and whether levels beyond them are clipped to these.
package struct Levels: Sendable, Hashable, Codable {
  package let low: Double
  package let high: Double
  package let isClipped: Bool

  /// Levels divided by a number; unchanged where it is not above 0.
  static func dividing(by divisor: Double) -> Levels {
    Levels(low: 0, high: divisor > 0 ? divisor : 1, isClipped: false)
  }

  package init(low: Double, high: Double, isClipped: Bool) {
    self.low = low
    self.high = high
    self.isClipped = isClipped
  }

  /// The intensity of a level; that of `low` itself is 128/255 where `high` equals it.
  func intensity(_ level: Float) -> Float {
    intensity(level - Float(low), of: Float(high - low))
  }

  func intensity(_ level: Double) -> Float {
    intensity(Float(level - low), of: Float(high - low))
  }

  private func intensity(_ above: Float, of span: Float) -> Float {
    guard span > 0 else { return above < 0 ? 0 : above > 0 ? 1 : 128 / 255 }
    let value = above / span
    return isClipped ? min(max(value, 0), 1) : value
  }
}

/// The search for a picture's levels, or for those of several pages together.
///
/// Every raster is scanned in each pass until `endPass` is true; no sample may be NaN.
package struct LevelSearch {
  private let scale: Scale
  private var search = PercentileSearch([0.5, 50, 99.5])
  private var isSettled = false
  private var maximum = -Double.infinity
  /// The largest value of the samples' type; `nil` for other numbers than unsigned integers.
  private let typeMaximum: Double?

  /// `isDeep` says that samples have more than 8 bits; `needsMedian` that missing ones are filled.
  package init(_ scale: Scale, typeMaximum: Double?, isDeep: Bool, needsMedian: Bool = false) {
    self.scale = scale == .reference ? (isDeep ? .maximum : .none) : scale
    self.typeMaximum = typeMaximum
    self.needsMedian = needsMedian
  }

  private let needsMedian: Bool

  /// Whether the samples make a difference.
  private var scans: Bool { scale == .percentile || needsMedian }

  /// Scans the valid pixels of a raster of one or three channels.
  package mutating func scan(_ raster: Raster, valid: [Bool]? = nil) {
    switch raster.samples {
    case .uint8(let samples): scan(samples, raster.channels, valid) { Float($0) }
    case .uint16(let samples): scan(samples, raster.channels, valid) { Float($0) }
    case .float32(let samples): scan(samples, raster.channels, valid) { $0 }
    case .float64(let samples): scan(samples, raster.channels, valid) { $0 }
    }
  }

  private mutating func scan<Sample: RankedSample, Luminance: RankedSample & BinaryFloatingPoint>(
    _ samples: [Sample], _ channels: Int, _ valid: [Bool]?, _ value: (Sample) -> Luminance
  ) {
    if scale == .maximum {
      for (index, sample) in samples.enumerated() where valid?[index / channels] ?? true {
        maximum = max(maximum, Double(value(sample)))
      }
    }
    guard scans else { return }
    if channels == 3 {
      search.scan(luminance(of: samples, valid, value))
    } else if let valid {
      search.scan(zip(samples, valid).filter(\.1).map(\.0))
    } else {
      search.scan(samples)
    }
  }

  /// Ends a pass over all rasters; false if they must be scanned again.
  package mutating func endPass() -> Bool {
    isSettled = !scans || search.endPass()
    return isSettled
  }

  /// The median of the valid samples, once the search has ended.
  package var median: Double { search.percentiles[1] }

  /// The levels, once the search has ended.
  package var levels: Levels {
    precondition(isSettled, "levels before the last pass")
    switch scale {
    case .none: return .dividing(by: typeMaximum ?? 1)
    case .maximum, .reference: return .dividing(by: maximum)
    case .range(let low, let high): return Levels(low: low, high: high, isClipped: true)
    case .line(let low, let high): return Levels(low: low, high: high, isClipped: false)
    case .percentile:
      let found = search.percentiles
      return Levels(low: found[0], high: found[2], isClipped: true)
    }
  }
}

/// The luminance of the valid pixels of an interleaved picture of three channels.
///
/// Source: ITU-R BT.601.
private func luminance<Sample, Luminance: BinaryFloatingPoint>(
  of samples: [Sample], _ valid: [Bool]?, _ value: (Sample) -> Luminance
) -> [Luminance] {
  var luminance: [Luminance] = []
  luminance.reserveCapacity(samples.count / 3)
  for pixel in 0..<samples.count / 3 where valid?[pixel] ?? true {
    let red = Luminance(0.299) * value(samples[3 * pixel])
    let green = Luminance(0.587) * value(samples[3 * pixel + 1])
    luminance.append(red + green + Luminance(0.114) * value(samples[3 * pixel + 2]))
  }
  return luminance
}
