extension Raster.Samples {
  /// Some of a pixel's samples, in the order given.
  package func choosing(_ channels: [Int], of count: Int) -> Raster.Samples {
    guard channels != Array(0..<count) else { return self }
    func chosen<Sample>(_ samples: [Sample]) -> [Sample] {
      var chosen: [Sample] = []
      chosen.reserveCapacity(samples.count / count * channels.count)
      for start in stride(from: 0, to: samples.count, by: count) {
        for channel in channels { chosen.append(samples[start + channel]) }
      }
      return chosen
    }
    return mapped(chosen, chosen, chosen, chosen)
  }
}
