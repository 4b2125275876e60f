import Imaging
import Testing

@Suite("Intensities") struct IntensitiesTests {
  private func intensities(_ samples: Raster.Samples, _ scale: Scale, channels: Int = 1) throws
    -> [Float]
  {
    let count =
      switch samples {
      case .uint8(let values): values.count
      case .uint16(let values): values.count
      case .float32(let values): values.count
      }
    let size = Size(width: count / channels, height: 1)
    return try Intensities(
      Raster(size: size, channels: channels, samples: samples), scale: scale
    ).values
  }

  @Test func `Intensities: 8 bits are divided by 255, at every level`() throws {
    let levels = Array(UInt8.min ... .max)
    for scale in [Scale.auto, .none, .maximum] {
      #expect(try intensities(.uint8(levels), scale) == levels.map { Float($0) / 255 })
    }
    #expect(try intensities(.uint8([10, 20]), .auto) == [10 / 255, 20 / 255])
    #expect(try intensities(.uint8([10, 20]), .maximum) == [0.5, 1])
  }

  @Test func `Intensities: 16 bits are divided by their own maximum, or by the type's`() throws {
    let levels: [UInt16] = [0, 68, 1000, 40000]
    for scale in [Scale.auto, .maximum] {
      #expect(try intensities(.uint16(levels), scale) == levels.map { Float($0) / 40000 })
    }
    #expect(try intensities(.uint16(levels), .none) == levels.map { Float($0) / 65535 })
  }

  @Test func `Intensities: floats are divided by their own maximum or unchanged`() throws {
    let levels: [Float] = [-3, 0, 1.5, 6]
    #expect(try intensities(.float32(levels), .auto) == [-0.5, 0, 0.25, 1])
    #expect(try intensities(.float32(levels), .none) == levels)
  }

  @Test func `Intensities: a picture without a positive level is unchanged`() throws {
    for scale in [Scale.auto, .maximum] {
      #expect(try intensities(.uint16([0, 0]), scale) == [0, 0])
      #expect(try intensities(.float32([-2, -1]), scale) == [-2, -1])
    }
    #expect(try intensities(.uint8([0, 0]), .maximum) == [0, 0])
  }

  @Test func `Intensities: a range maps its ends to 0 and 1 and clamps the rest`() throws {
    #expect(
      try intensities(.uint16([0, 100, 200, 300, 400]), .range(100, 300)) == [0, 0, 0.5, 1, 1])
    #expect(try intensities(.float32([-3e38, -1, 0, 3e38]), .range(-2, 2)) == [0, 0.25, 0.5, 1])
  }

  /// Compared with a sort, by the definition of `numpy.percentile`'s linear rule.
  @Test func `Percentiles: they are those of the sorted samples, for every type`() throws {
    for count in [1, 2, 3, 200, 201, 1000, 4001] {
      // Fibonacci hashing scatters the levels, identically in every run.
      let noise = (0..<UInt32(count)).map { $0 &* 2_654_435_769 >> 8 }
      let bytes = noise.map { UInt8($0 % 197) + 3 }
      let words = noise.map { UInt16($0 % 59_999) + 3 }
      let floats = noise.map { Float($0) / 1e6 - 7 }
      try expectClamped(bytes.map(Float.init), intensities(.uint8(bytes), .percentile))
      try expectClamped(words.map(Float.init), intensities(.uint16(words), .percentile))
      try expectClamped(floats, intensities(.float32(floats), .percentile))
    }
  }

  private func expectClamped(_ levels: [Float], _ found: [Float]) {
    let sorted = levels.sorted().map(Double.init)
    func percentile(_ percentage: Double) -> Double {
      let position = percentage / 100 * Double(sorted.count - 1)
      let below = sorted[Int(position.rounded(.down))]
      let above = sorted[Int(position.rounded(.up))]
      return below + (above - below) * (position - position.rounded(.down))
    }
    let (low, high) = (percentile(0.5), percentile(99.5))
    for (level, value) in zip(levels, found) {
      let wanted = high > low ? min(max((Double(level) - low) / (high - low), 0), 1) : 0
      #expect(abs(Double(value) - wanted) < 1e-5, "\(levels.count) samples, \(level)")
    }
  }

  @Test func `Percentiles: they equal NumPy's`() throws {
    // numpy.percentile([0, 10, 20, 30, 1000], [0.5, 99.5]) gives 0.2 and 980.6.
    let found = try intensities(.uint16([0, 10, 20, 30, 1000]), .percentile)
    for (value, level) in zip(found, [0.2, 10, 20, 30, 980.6]) {
      #expect(abs(Double(value) - (level - 0.2) / 980.4) < 1e-6)
    }
  }

  @Test func `Intensities: colours are separated and share one scale`() throws {
    let raster = Raster(
      size: Size(width: 2, height: 2), channels: 3,
      samples: .uint16([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]))
    let found = try Intensities(raster, scale: .auto)
    #expect(found.values == [1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12].map { Float($0) / 12 })
  }

  @Test func `Intensities: samples that are not finite are counted and refused, at any scale`() {
    let levels: [Float] = [1, .nan, .infinity, -.infinity, 2]
    for scale in [Scale.auto, .none, .maximum, .percentile, .range(0, 1)] {
      #expect(throws: ImagingError.notFinite(samples: 3)) {
        try intensities(.float32(levels), scale)
      }
    }
    #expect(throws: ImagingError.notFinite(samples: 1)) {
      try intensities(.float32([-1e30, 1e-30]), .auto)
    }
    #expect(throws: ImagingError.notFinite(samples: 1)) {
      try intensities(.float32([1e30, 1]), .none)
    }
  }
}
