/// The channels of a picture that are looked at.
///
/// Written as a number from 0, as `mean`, or as three numbers `r,g,b`.
package enum ChannelChoice: Sendable, Hashable {
  case one(Int)
  /// The mean of all channels.
  case mean
  /// Three channels, as red, green and blue.
  case colours(Int, Int, Int)

  /// The channels to decode of so many; `nil` if one does not exist.
  package func indices(of count: Int) -> [Int]? {
    let indices =
      switch self {
      case .one(let channel): [channel]
      case .mean: Array(0..<count)
      case .colours(let red, let green, let blue): [red, green, blue]
      }
    return indices.allSatisfy((0..<count).contains) ? indices : nil
  }
}

extension ChannelChoice: CodableAsText {
  package init?(_ description: String) {
    if description == "mean" {
      self = .mean
      return
    }
    let parts = description.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { part in
      part.utf8.count <= 2 && part.utf8.allSatisfy({ (48...57).contains($0) }) ? Int(part) : nil
    }
    guard numbers.count == parts.count else { return nil }
    switch numbers.count {
    case 1: self = .one(numbers[0])
    case 3: self = .colours(numbers[0], numbers[1], numbers[2])
    default: return nil
    }
  }

  package var description: String {
    switch self {
    case .one(let channel): "\(channel)"
    case .mean: "mean"
    case .colours(let red, let green, let blue): "\(red),\(green),\(blue)"
    }
  }
}

extension Raster {
  /// The mean of all channels, as floats.
  package func averaged() -> Raster {
    let count = channels
    func mean<Sample, Mean: BinaryFloatingPoint>(
      _ samples: [Sample], _ value: (Sample) -> Mean
    ) -> [Mean] {
      stride(from: 0, to: samples.count, by: count).map { start in
        var sum: Double = 0
        for sample in samples[start..<start + count] { sum += Double(value(sample)) }
        return Mean(sum / Double(count))
      }
    }
    let means: Samples =
      switch samples {
      case .uint8(let values): .float32(mean(values) { Float($0) })
      case .uint16(let values): .float32(mean(values) { Float($0) })
      case .float32(let values): .float32(mean(values) { $0 })
      case .float64(let values): .float64(mean(values) { $0 })
      }
    return Raster(size: size, channels: 1, samples: means)
  }
}
