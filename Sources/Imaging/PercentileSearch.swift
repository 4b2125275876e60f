/// Percentiles of samples that are scanned in parts, exact and interpolated between neighbours.
///
/// Each pass over all samples settles 16 bits of the keys that are searched, so that no sorted copy
/// is needed: one pass for integers of up to 16 bits, two for float32, four for float64. No sample
/// may be NaN. Source: `numpy.percentile`, method `linear`; Hyndman & Fan 1996, definition 7.
struct PercentileSearch {
  private let percentages: [Double]
  /// Samples of one pass.
  private(set) var count = 0
  /// The place of the 16 bits that this pass settles; `nil` before the first scan.
  private var shift: Int?
  /// The ranks that are searched, ascending by percentage: two for each.
  private var targets: [Target] = []
  /// The different prefixes of the targets, each with its histogram; one for all in the first pass.
  private var prefixes: [UInt64] = []
  private var histograms = [[Int]](
    repeating: [Int](repeating: 0, count: 1 << 16), count: 1)
  private var level: (UInt64) -> Double = { Double($0) }

  private struct Target {
    var prefix: UInt64 = 0
    /// The rank among the samples with this prefix.
    var rank: Int
  }

  init(_ percentages: [Double]) {
    self.percentages = percentages
  }

  mutating func scan<Sample: RankedSample>(_ samples: [Sample]) {
    let shift = shift ?? Sample.keyBits - 16
    self.shift = shift
    level = Sample.level
    guard !prefixes.isEmpty else {
      count += samples.count
      for sample in samples { histograms[0][Int(sample.key >> UInt64(shift))] += 1 }
      return
    }
    for sample in samples {
      let key = sample.key >> UInt64(shift)
      for (index, prefix) in prefixes.enumerated() where key >> 16 == prefix {
        histograms[index][Int(key & 0xFFFF)] += 1
      }
    }
  }

  /// Ends a pass; false if all samples must be scanned again.
  mutating func endPass() -> Bool {
    precondition(count > 0, "percentiles of no sample")
    if targets.isEmpty {
      for percentage in percentages {
        let rank = Int(percentage / 100 * Double(count - 1))
        targets += [Target(rank: rank), Target(rank: min(rank + 1, count - 1))]
      }
      for index in targets.indices { settle(index, histograms[0]) }
    } else {
      for index in targets.indices {
        guard let place = prefixes.firstIndex(of: targets[index].prefix) else { continue }
        settle(index, histograms[place])
      }
    }
    guard let now = shift, now > 0 else { return true }
    shift = now - 16
    prefixes = Array(Set(targets.map(\.prefix))).sorted()
    histograms = [[Int]](
      repeating: [Int](repeating: 0, count: 1 << 16), count: prefixes.count)
    return false
  }

  /// Appends the bucket that contains a target's rank to its prefix.
  private mutating func settle(_ index: Int, _ histogram: [Int]) {
    var rest = targets[index].rank
    for (bucket, samples) in histogram.enumerated() {
      if rest < samples {
        targets[index] = Target(prefix: targets[index].prefix << 16 | UInt64(bucket), rank: rest)
        return
      }
      rest -= samples
    }
    preconditionFailure("rank \(targets[index].rank) of \(histogram.reduce(0, +)) samples")
  }

  /// The percentiles, once the last pass has ended.
  var percentiles: [Double] {
    percentages.enumerated().map { index, percentage in
      let position = percentage / 100 * Double(count - 1)
      let lower = level(targets[2 * index].prefix)
      let upper = level(targets[2 * index + 1].prefix)
      let fraction = position - position.rounded(.down)
      return fraction > 0 ? lower + (upper - lower) * fraction : lower
    }
  }
}
