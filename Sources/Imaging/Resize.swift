extension Size {
  /// The size in the same proportion, in whole pixels, with a given longest side.
  package func fitted(longestSide: Int) -> Size {
    precondition(width > 0 && height > 0 && longestSide > 0, "\(self) fitted to \(longestSide)")
    let scale = Double(longestSide) / Double(max(width, height))
    return Size(
      width: max(1, Int(Double(width) * scale + 0.5)),
      height: max(1, Int(Double(height) * scale + 0.5)))
  }
}

extension Raster {
  /// Resizes the picture with a bicubic filter, which covers all pixels when it shrinks.
  ///
  /// Samples keep their type: those of 8 bits are mixed in fixed point, the others in floats. Rows
  /// come before columns, and integers are rounded and clipped after either. Source: Pillow's
  /// `Image.resize` with `BICUBIC`; for 8 bits the samples are those of Pillow 12, while 13 may
  /// begin with the columns.
  package func resized(to target: Size) -> Raster {
    precondition(
      min(size.width, size.height, target.width, target.height) > 0, "\(size) to \(target)")
    func mix<Sample: Mixable>(_ values: [Sample]) -> [Sample] { resampled(values, to: target) }
    return Raster(size: target, channels: channels, samples: samples.mapped(mix, mix, mix, mix))
  }

  private func resampled<Sample: Mixable>(_ samples: [Sample], to target: Size) -> [Sample] {
    var samples = samples
    if target.width != size.width {
      let taps = Taps<Sample>(from: size.width, to: target.width)
      samples = taps.mixRows(of: samples, channels: channels)
    }
    if target.height != size.height {
      let taps = Taps<Sample>(from: size.height, to: target.height)
      samples = taps.mixColumns(of: samples, width: target.width * channels)
    }
    return samples
  }
}

/// For each new sample along an axis, the samples that it is mixed from, and their weights.
private struct Taps<Sample: Mixable> {
  /// Length of the axis that is read.
  private let length: Int
  private var ranges: [Range<Int>] = []
  /// Weights of all new samples, in sequence.
  private var weights: [Sample.Sum] = []

  /// Computes the weights.
  ///
  /// Source: Pillow's `precompute_coeffs`, support 2 in pixels of the coarser of the two axes.
  init(from length: Int, to count: Int) {
    self.length = length
    let step = Double(length) / Double(count)
    let reach = max(step, 1)
    ranges.reserveCapacity(count)
    for index in 0..<count {
      let centre = (Double(index) + 0.5) * step
      let first = max(Int(centre - 2 * reach + 0.5), 0)
      let end = min(Int(centre + 2 * reach + 0.5), length)
      let raw = (first..<end).map { bicubic((Double($0) + 0.5 - centre) / reach) }
      let total = raw.reduce(0, +)
      ranges.append(first..<end)
      weights += raw.map { Sample.weight($0 / total) }
    }
  }

  /// Mixes along the second axis, `[height, length, channels] → [height, count, channels]`.
  func mixRows(of samples: [Sample], channels: Int) -> [Sample] {
    var mixed: [Sample] = []
    mixed.reserveCapacity(samples.count / length * ranges.count)
    for row in stride(from: 0, to: samples.count, by: length * channels) {
      var weight = 0
      for range in ranges {
        for channel in 0..<channels {
          var sum = Sample.start
          var place = row + range.lowerBound * channels + channel
          for weight in weight..<weight + range.count {
            sum = samples[place].added(to: sum, weight: weights[weight])
            place += channels
          }
          mixed.append(Sample(mixed: sum))
        }
        weight += range.count
      }
    }
    return mixed
  }

  /// Mixes along the first axis, `[length, width] → [count, width]`.
  func mixColumns(of samples: [Sample], width: Int) -> [Sample] {
    var mixed: [Sample] = []
    mixed.reserveCapacity(ranges.count * width)
    var sums = [Sample.Sum](repeating: Sample.start, count: width)
    var weight = 0
    for range in ranges {
      for column in 0..<width { sums[column] = Sample.start }
      for row in range {
        let start = row * width
        for column in 0..<width {
          sums[column] = samples[start + column].added(
            to: sums[column], weight: weights[weight])
        }
        weight += 1
      }
      for sum in sums { mixed.append(Sample(mixed: sum)) }
    }
    return mixed
  }
}

/// The kernel of cubic convolution with a = −½.
///
/// Source: Keys 1981, eq. 4 and 8.
private func bicubic(_ distance: Double) -> Double {
  let x = distance.magnitude
  if x < 1 { return (1.5 * x - 2.5) * x * x + 1 }
  return x < 2 ? ((2.5 - 0.5 * x) * x - 4) * x + 2 : 0
}

/// A sample that can be mixed from others, with its arithmetic.
private protocol Mixable: Sendable {
  associatedtype Sum: Sendable

  /// The initial value of a sum.
  static var start: Sum { get }
  static func weight(_ weight: Double) -> Sum
  func added(to sum: Sum, weight: Sum) -> Sum
  init(mixed: Sum)
}

/// Fixed point of 22 bits: magnitudes of weights that sum to one stay below 2.
///
/// Source: Pillow's `PRECISION_BITS`.
extension UInt8: Mixable {
  fileprivate static var start: Int32 { 1 << 21 }

  fileprivate static func weight(_ weight: Double) -> Int32 {
    Int32((weight * Double(1 << 22)).rounded(.toNearestOrAwayFromZero))
  }

  fileprivate func added(to sum: Int32, weight: Int32) -> Int32 { sum &+ weight &* Int32(self) }

  fileprivate init(mixed: Int32) { self = UInt8(clamping: mixed >> 22) }
}

extension UInt16: Mixable {
  fileprivate static var start: Float { 0 }
  fileprivate static func weight(_ weight: Double) -> Float { Float(weight) }
  fileprivate func added(to sum: Float, weight: Float) -> Float { sum + weight * Float(self) }
  fileprivate init(mixed: Float) {
    self = UInt16(Float.minimum(Float.maximum(mixed.rounded(), 0), 65535))
  }
}

extension Float: Mixable {
  fileprivate static var start: Float { 0 }
  fileprivate static func weight(_ weight: Double) -> Float { Float(weight) }
  fileprivate func added(to sum: Float, weight: Float) -> Float { sum + weight * self }
  fileprivate init(mixed: Float) { self = mixed }
}

extension Double: Mixable {
  fileprivate static var start: Double { 0 }
  fileprivate static func weight(_ weight: Double) -> Double { weight }
  fileprivate func added(to sum: Double, weight: Double) -> Double { sum + weight * self }
  fileprivate init(mixed: Double) { self = mixed }
}
