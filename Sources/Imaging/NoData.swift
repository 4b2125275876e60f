/// The value of samples that are no measurement; written as a number or `nan`.
package enum NoData: Sendable, Hashable {
  case value(Double)
  /// Every sample that is not finite.
  case notFinite
}

extension NoData: CodableAsText {
  private static let digits = Set("0123456789+-.e".utf8)

  package init?(_ description: String) {
    if description == "nan" {
      self = .notFinite
    } else if description.utf8.allSatisfy({ NoData.digits.contains($0) }),
      description.utf8.first != UInt8(ascii: "+"), let value = Double(description), value.isFinite
    {
      self = .value(value)
    } else {
      return nil
    }
  }

  package var description: String {
    switch self {
    case .value(let value): "\(value)"
    case .notFinite: "nan"
    }
  }
}

extension Raster {
  /// Whether each pixel's samples are all measurements, `[height · width]`; `nil` if all are.
  package func validity(_ noData: NoData) -> [Bool]? {
    let isMissing: (Double) -> Bool =
      switch noData {
      case .value(let value): { $0 == value }
      case .notFinite: { !$0.isFinite }
      }
    let count = channels
    func validity<Sample>(_ samples: [Sample], _ value: (Sample) -> Double) -> [Bool]? {
      var valid = [Bool](repeating: true, count: samples.count / count)
      var isWhole = true
      for (index, sample) in samples.enumerated() where isMissing(value(sample)) {
        valid[index / count] = false
        isWhole = false
      }
      return isWhole ? nil : valid
    }
    switch samples {
    case .uint8(let values): return validity(values) { Double($0) }
    case .uint16(let values): return validity(values) { Double($0) }
    case .float32(let values):
      // A number such as −3.4e38 is rounded as the file rounded it.
      if case .value(let value) = noData {
        let rounded = Double(Float(value))
        return validity(values) { Double($0) == rounded ? value : .infinity }
      }
      return validity(values) { Double($0) }
    case .float64(let values): return validity(values) { $0 }
    }
  }

  /// The picture with a level in place of the samples of invalid pixels.
  package func filled(_ level: Double, where valid: [Bool]) -> Raster {
    let count = channels
    func filled<Sample>(_ samples: [Sample], _ level: Sample) -> [Sample] {
      var samples = samples
      for (pixel, isValid) in valid.enumerated() where !isValid {
        for index in pixel * count..<(pixel + 1) * count { samples[index] = level }
      }
      return samples
    }
    return Raster(
      size: size, channels: channels,
      samples: samples.mapped(
        { filled($0, UInt8(clamping: Int(level.rounded()))) },
        { filled($0, UInt16(clamping: Int(level.rounded()))) },
        { filled($0, Float(level)) }, { filled($0, level) }))
  }

  /// The number of samples that are not finite.
  package var notFiniteCount: Int {
    switch samples {
    case .uint8, .uint16: 0
    case .float32(let values): values.count { !$0.isFinite }
    case .float64(let values): values.count { !$0.isFinite }
    }
  }
}
