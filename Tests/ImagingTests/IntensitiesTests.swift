import Imaging
import Testing

@Suite("Intensities") struct IntensitiesTests {
  private func intensities(_ samples: Raster.Samples, _ scale: Scale, channels: Int = 1) throws
    -> [Float]
  {
    let size = Size(width: samples.count / channels, height: 1)
    return try Intensities(
      Raster(size: size, channels: channels, samples: samples), scale: scale
    ).values
  }

  @Test func `Intensities: none divides 8 bits by 255, at every level, and 16 by 65535`() throws {
    let levels = Array(UInt8.min ... .max)
    for scale in [Scale.reference, .none, .maximum] {
      #expect(try intensities(.uint8(levels), scale) == levels.map { Float($0) / 255 })
    }
    let deep: [UInt16] = [0, 68, 1000, 40000]
    #expect(try intensities(.uint16(deep), .none) == deep.map { Float($0) / 65535 })
  }

  @Test func `Intensities: max divides by the picture's own maximum`() throws {
    #expect(try intensities(.uint8([10, 20]), .maximum) == [0.5, 1])
    let deep: [UInt16] = [0, 68, 1000, 40000]
    #expect(try intensities(.uint16(deep), .maximum) == deep.map { Float($0) / 40000 })
    #expect(try intensities(.float64([-3, 0, 1.5, 6]), .maximum) == [-0.5, 0, 0.25, 1])
  }

  @Test func `Intensities: the reference's rule is none for 8 bits and max for more`() throws {
    #expect(try intensities(.uint8([10, 20]), .reference) == [10 / 255, 20 / 255])
    #expect(try intensities(.uint16([10, 20]), .reference) == [0.5, 1])
    #expect(try intensities(.float32([-3, 0, 1.5, 6]), .reference) == [-0.5, 0, 0.25, 1])
  }

  @Test func `Intensities: floats are unchanged by none`() throws {
    let levels: [Float] = [-3, 0, 1.5, 6]
    #expect(try intensities(.float32(levels), .none) == levels)
    #expect(try intensities(.float64(levels.map(Double.init)), .none) == levels)
  }

  @Test func `Intensities: max leaves a picture without a positive level as it is`() throws {
    #expect(try intensities(.uint16([0, 0]), .maximum) == [0, 0])
    #expect(try intensities(.float32([-2, -1]), .maximum) == [-2, -1])
    #expect(try intensities(.uint8([0, 0]), .maximum) == [0, 0])
  }

  @Test func `Intensities: a range maps its ends to 0 and 1 and clips the rest`() throws {
    #expect(
      try intensities(.uint16([0, 100, 200, 300, 400]), .range(100, 300)) == [0, 0, 0.5, 1, 1])
    #expect(try intensities(.float32([-3e38, -1, 0, 3e38]), .range(-2, 2)) == [0, 0.25, 0.5, 1])
  }

  @Test func `Intensities: samples outside the levels are counted, for every type`() throws {
    let levels = Levels(low: 2, high: 4, isClipped: true)
    func outside(_ samples: Raster.Samples) throws -> [Int] {
      let size = Size(width: samples.count, height: 1)
      let outside = try Intensities(
        Raster(size: size, channels: 1, samples: samples), levels: levels
      ).outside
      return [outside.below, outside.above]
    }
    #expect(try outside(.uint8([0, 1, 2, 3, 4, 5])) == [2, 1])
    #expect(try outside(.uint16([0, 1, 2, 3, 4, 5])) == [2, 1])
    #expect(try outside(.float32([-1, 1.9, 2, 3, 4, 4.1])) == [2, 1])
    #expect(try outside(.float64([-1, 1.9, 2, 3, 4, 4.1])) == [2, 1])
  }

  @Test func `Intensities: a picture of one level is 128/255, and others beside it 0 or 1`() throws
  {
    let middle: Float = 128 / 255
    #expect(try intensities(.uint8([7, 7, 7]), .percentile) == [middle, middle, middle])
    #expect(try intensities(.float32([-1e9, -1e9]), .percentile) == [middle, middle])
    var hot = [Double](repeating: 3, count: 1001)
    (hot[5], hot[6]) = (65535, -2)
    let found = try intensities(.float64(hot), .percentile)
    #expect(found[4...6] == [middle, 1, 0])
  }

  /// Compared with a sort, by the definition of `numpy.percentile`'s linear rule.
  @Test func `Percentiles: they are those of the sorted samples, for every type`() throws {
    for count in [1, 2, 3, 200, 201, 1000, 4001] {
      // Fibonacci hashing scatters the levels, identically in every run.
      let noise = (0..<UInt32(count)).map { $0 &* 2_654_435_769 >> 8 }
      let bytes = noise.map { UInt8($0 % 197) + 3 }
      let words = noise.map { UInt16($0 % 59_999) + 3 }
      let floats = noise.map { Float($0) / 1e6 - 7 }
      let doubles = noise.map { Double($0) / 1e6 - 7 }
      try expectClipped(bytes.map(Double.init), intensities(.uint8(bytes), .percentile))
      try expectClipped(words.map(Double.init), intensities(.uint16(words), .percentile))
      try expectClipped(floats.map(Double.init), intensities(.float32(floats), .percentile))
      try expectClipped(doubles, intensities(.float64(doubles), .percentile))
    }
  }

  private func expectClipped(_ levels: [Double], _ found: [Float]) {
    let (low, high) = (percentile(0.5, of: levels), percentile(99.5, of: levels))
    for (level, value) in zip(levels, found) {
      let wanted = high > low ? min(max((level - low) / (high - low), 0), 1) : 128.0 / 255
      #expect(abs(Double(value) - wanted) < 1e-5, "\(levels.count) samples, \(level)")
    }
  }

  private func percentile(_ percentage: Double, of levels: [Double]) -> Double {
    let sorted = levels.sorted()
    let position = percentage / 100 * Double(sorted.count - 1)
    let below = sorted[Int(position.rounded(.down))]
    let above = sorted[Int(position.rounded(.up))]
    return below + (above - below) * (position - position.rounded(.down))
  }

  @Test func `Percentiles: they equal NumPy's`() throws {
    // numpy.percentile([0, 10, 20, 30, 1000], [0.5, 99.5]) gives 0.2 and 980.6.
    let found = try intensities(.uint16([0, 10, 20, 30, 1000]), .percentile)
    for (value, level) in zip(found, [0.2, 10, 20, 30, 980.6]) {
      #expect(abs(Double(value) - (level - 0.2) / 980.4) < 1e-6)
    }
  }

  @Test func `Percentiles: float64 levels far from 0 keep their differences`() throws {
    let levels = (0...1000).map { 1e9 + Double($0) / 1000 }
    let found = try intensities(.float64(levels), .percentile)
    for (index, value) in found.enumerated() {
      let wanted = min(max((Double(index) - 5) / 990, 0), 1)
      #expect(abs(Double(value) - wanted) < 2e-6)
    }
  }

  /// Gain, offset, sign and depth make no difference.
  @Test func `Percentiles: affine changes of the samples give the same intensities`() throws {
    let grey = (0..<997).map { UInt8($0 * 31 % 251) }
    let wanted = try intensities(.uint8(grey), .percentile)
    let gained: [UInt16] = grey.map { UInt16($0) * 257 }
    let moved: [UInt16] = grey.map { UInt16($0) + 900 }
    let negative: [Float] = grey.map { 4 * Float($0) - 4000 }
    let small: [Double] = grey.map { Double($0) / 127.5 - 1 }
    for samples in [
      Raster.Samples.uint16(gained), .uint16(moved), .float32(negative), .float64(small),
    ] {
      for (value, one) in zip(try intensities(samples, .percentile), wanted) {
        #expect(abs(value - one) < 1e-5)
      }
    }
  }

  @Test func `Intensities: colours are separated and share the line of their luminance`() throws {
    let samples: [UInt16] = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]
    let raster = Raster(
      size: Size(width: 2, height: 2), channels: 3, samples: .uint16(samples))
    let found = try Intensities(raster, scale: .maximum)
    #expect(found.values == [1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12].map { Float($0) / 12 })
    let luminance = stride(from: 0, to: 12, by: 3).map { (start: Int) -> Double in
      let levels = samples[start..<start + 3].map(Double.init)
      return 0.299 * levels[0] + 0.587 * levels[1] + 0.114 * levels[2]
    }
    let (low, high) = (percentile(0.5, of: luminance), percentile(99.5, of: luminance))
    let levels: [Double] = [1, 4, 7, 10, 2, 5, 8, 11, 3, 6, 9, 12]
    for (value, level) in zip(try Intensities(raster, scale: .percentile).values, levels) {
      let wanted: Double = min(max((level - low) / (high - low), 0), 1)
      #expect(abs(Double(value) - wanted) < 1e-5)
    }
  }

  @Test func `Intensities: samples that are not finite are counted and refused, at any scale`() {
    let levels: [Float] = [1, .nan, .infinity, -.infinity, 2]
    for scale in [Scale.reference, .none, .maximum, .percentile, .range(0, 1)] {
      #expect(throws: ImagingError.notFinite(samples: 3)) {
        try intensities(.float32(levels), scale)
      }
    }
    #expect(throws: ImagingError.notFinite(samples: 1)) {
      try intensities(.float32([-1e30, 1e-30]), .maximum)
    }
    #expect(throws: ImagingError.notFinite(samples: 1)) {
      try intensities(.float32([1e30, 1]), .none)
    }
  }
}

@Suite("Level search") struct LevelSearchTests {
  private func raster(_ samples: [Float], channels: Int = 1) -> Raster {
    Raster(
      size: Size(width: samples.count / channels, height: 1), channels: channels,
      samples: .float32(samples))
  }

  private func levels(
    _ scale: Scale, _ rasters: [Raster], valid: [[Bool]?]? = nil
  ) -> (Levels, median: Double) {
    var search = LevelSearch(scale, typeMaximum: nil, isDeep: true, needsMedian: true)
    repeat {
      for (index, raster) in rasters.enumerated() { search.scan(raster, valid: valid?[index]) }
    } while !search.endPass()
    return (search.levels, search.median)
  }

  @Test func `Level search: pages share the levels of all their samples`() {
    let all = (0..<3000).map { Float(($0 * 7919) % 3001) - 1500 }
    let together = levels(.percentile, [raster(all)])
    let pages = stride(from: 0, to: 3000, by: 500).map { raster(Array(all[$0..<$0 + 500])) }
    let apart = levels(.percentile, pages)
    #expect(apart.0 == together.0)
    #expect(apart.median == together.median)
    #expect(levels(.maximum, pages).0 == Levels(low: 0, high: 1500, isClipped: false))
  }

  @Test func `Level search: invalid pixels make no difference`() {
    let samples: [Float] = [-9999, 1, 2, 3, -9999, 4]
    let valid = samples.map { $0 != -9999 }
    let found = levels(.percentile, [raster(samples)], valid: [valid])
    let wanted = levels(.percentile, [raster([1, 2, 3, 4])])
    #expect(found.0 == wanted.0)
    #expect(found.median == 2.5)
    let colours = levels(
      .percentile, [raster(samples.flatMap { [$0, $0, $0] }, channels: 3)], valid: [valid])
    #expect(abs(colours.0.low - wanted.0.low) < 1e-6 && abs(colours.0.high - wanted.0.high) < 1e-6)
  }
}
