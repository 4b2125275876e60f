/// A sample with a key in the order of its value.
protocol RankedSample: Comparable, BitwiseCopyable {
  var key: UInt32 { get }
  var level: Float { get }
  init(key: UInt32)
}

extension UInt8: RankedSample {
  var key: UInt32 { UInt32(self) }
  var level: Float { Float(self) }
  init(key: UInt32) { self.init(truncatingIfNeeded: key) }
}

extension UInt16: RankedSample {
  var key: UInt32 { UInt32(self) }
  var level: Float { Float(self) }
  init(key: UInt32) { self.init(truncatingIfNeeded: key) }
}

extension Float: RankedSample {
  private static let sign: UInt32 = 1 << 31

  /// The bits, inverted for negative values.
  var key: UInt32 { bitPattern & Float.sign == 0 ? bitPattern | Float.sign : ~bitPattern }
  var level: Float { self }
  init(key: UInt32) {
    self.init(bitPattern: key & Float.sign == 0 ? ~key : key & ~Float.sign)
  }
}

/// Percentiles, exact and interpolated between neighbours; no sample may be NaN.
///
/// Two passes over the samples' keys, 16 bits each, avoid a sorted copy. Source:
/// `numpy.percentile`, method `linear`; Hyndman & Fan 1996, definition 7.
func percentiles<Sample: RankedSample>(_ percentages: [Double], of samples: [Sample]) -> [Double] {
  precondition(!samples.isEmpty, "percentiles of no sample")
  let high = histogram(of: samples) { Int($0 >> 16) }
  return percentages.map { percentage in
    let position = percentage / 100 * Double(samples.count - 1)
    let rank = Int(position)
    let lower = Double(sample(at: rank, in: samples, high).level)
    let fraction = position - Double(rank)
    guard fraction > 0 else { return lower }
    let upper = Double(sample(at: rank + 1, in: samples, high).level)
    return lower + (upper - lower) * fraction
  }
}

/// The sample at a rank, counted from the smallest.
private func sample<Sample: RankedSample>(at rank: Int, in samples: [Sample], _ high: [Int])
  -> Sample
{
  let (upper, rest) = bucket(of: rank, in: high)
  let low = histogram(of: samples) { $0 >> 16 == UInt32(upper) ? Int($0 & 0xFFFF) : nil }
  let (lower, _) = bucket(of: rest, in: low)
  return Sample(key: UInt32(upper) << 16 | UInt32(lower))
}

private func histogram<Sample: RankedSample>(of samples: [Sample], _ bucket: (UInt32) -> Int?)
  -> [Int]
{
  var counts = [Int](repeating: 0, count: 1 << 16)
  for sample in samples {
    if let index = bucket(sample.key) { counts[index] += 1 }
  }
  return counts
}

/// The bucket that contains a rank, and the rank within it.
private func bucket(of rank: Int, in counts: [Int]) -> (index: Int, rest: Int) {
  var rest = rank
  for (index, count) in counts.enumerated() {
    if rest < count { return (index, rest) }
    rest -= count
  }
  preconditionFailure("rank \(rank) of \(counts.reduce(0, +)) samples")
}
