import Foundation
package import Imaging
package import LinearAlgebra

/// How far a phase's fraction in one image may be from that of the whole material.
///
/// The image is taken for as many independent samples as it holds squares of a characteristic
/// length, which the two-point correlation tells. It assumes that the image is like the rest, larger
/// than 200 pixels, and its features smaller than 150. Of errors of the segmentation it knows
/// nothing. Source: Dahari et al. 2024, "Prediction of microstructural representativity from a
/// single image", with its constants.
package struct SamplingError: Sendable, Hashable {
  package let fraction: Double
  /// The characteristic length in pixels.
  package let length: Double
  /// The fraction's standard deviation, and that of this deviation, relative to it.
  package let deviation: Double
  package let doubt: Double
  /// 95 % of the fractions of the material that the image may come from lie in it.
  package let interval: ClosedRange<Double>

  /// `nil` where the phase has no pixel, or all, or the image is smaller than 8 pixels.
  package init?(of isInside: [Bool], size: Size, workers: ThreadPool? = nil) {
    let fraction = Double(isInside.count { $0 }) / Double(max(isInside.count, 1))
    guard fraction > 0, fraction < 1, min(size.width, size.height) >= 8 else { return nil }
    let correlation = TwoPointCorrelation(of: isInside, size: size, workers: workers)
    var model = LengthModel(correlation)
    let spread = SamplingError.lengthOfSpread(isInside, size, fraction)
    let length = max(model.length(near: spread), 1)
    let pixels = Double(size.width) * Double(size.height)
    self.fraction = fraction
    self.length = length
    deviation = (fraction * (1 - fraction) * length * length / pixels).squareRoot()
    // Measured on many microstructures in the source.
    doubt = 48.20175315 / pow(pixels, 0.4297919)
    let half = SamplingError.halfWidth(deviation: deviation, doubt: min(doubt, 0.5))
    interval = max(0, fraction - half)...min(1, fraction + half)
  }

  /// The side of a square image of the same material whose fraction's interval is ± `error`.
  package func side(forError error: Double) -> Double {
    let wanted = error / 1.959963984540054
    return length * (fraction * (1 - fraction)).squareRoot() / wanted
  }

  /// The characteristic length that explains how much the fractions of parts of the image differ;
  /// `nil` for small images.
  private static func lengthOfSpread(_ isInside: [Bool], _ size: Size, _ fraction: Double)
    -> Double?
  {
    let shorter = min(size.width, size.height)
    var squares: [Double] = []
    var ratio = 2
    while shorter / ratio >= 32, ratio <= 8 {
      let (w, h) = (size.width / ratio, size.height / ratio)
      var fractions: [Double] = []
      for part in 0..<ratio * ratio {
        var count = 0
        for y in part / ratio * h..<(part / ratio + 1) * h {
          for x in part % ratio * w..<(part % ratio + 1) * w where isInside[y * size.width + x] {
            count += 1
          }
        }
        fractions.append(Double(count) / Double(w * h))
      }
      let mean = fractions.reduce(0, +) / Double(fractions.count)
      let variance =
        fractions.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(fractions.count - 1)
      squares.append(variance * Double(w * h) / (fraction * (1 - fraction)))
      ratio *= 2
    }
    guard !squares.isEmpty else { return nil }
    return (squares.reduce(0, +) / Double(squares.count)).squareRoot()
  }

  /// Half of the interval that holds 95 % of a mixture of normal distributions, whose deviations are
  /// themselves normally distributed.
  private static func halfWidth(deviation: Double, doubt: Double) -> Double {
    let reach = min(0.9 / doubt, 6)
    let nodes = (-100...100).map { Double($0) / 100 * reach }
    let weights = nodes.map { exp(-0.5 * $0 * $0) }
    let total = weights.reduce(0, +)
    func inside(_ x: Double) -> Double {
      zip(nodes, weights).reduce(0) { sum, node in
        let own = deviation * (1 + doubt * node.0)
        return sum + node.1 * erf(x / (own * 2.0.squareRoot()))
      } / total
    }
    var (low, high) = (0.0, 20 * deviation)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if inside(middle) < 0.95 { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}

/// The characteristic length by the two-point correlation.
private struct LengthModel {
  private let fraction: Double
  /// What the values of long vectors tend to.
  private let square: Double
  /// Sums of what the values of short vectors, from which on they no longer vary, are above and below
  /// it.
  private var (above, below) = (0.0, 0.0)
  private let factor: Double

  init(_ correlation: TwoPointCorrelation) {
    let size = correlation.size
    let fraction = correlation.fraction
    let end = LengthModel.end(of: correlation)
    var (rim, rimCount) = (0.0, 0)
    var (overlaps, count) = (0.0, 0)
    let pixels = Double(size.width * size.height)
    correlation.forEachVector { right, down, length, value in
      if length >= end - 10, length <= end {
        rim += value
        rimCount += 1
      }
      guard length < end else { return }
      overlaps += Double(size.width - abs(right)) * Double(size.height - abs(down)) / pixels
      count += 1
    }
    let mean = rimCount == 0 ? fraction * fraction : rim / Double(rimCount)
    let square = (mean + fraction * fraction) / 2
    var (above, below) = (0.0, 0.0)
    correlation.forEachVector { _, _, length, value in
      guard length < end else { return }
      if value > square { above += value - square } else { below += value - square }
    }
    let first = pixels / (pixels - overlaps)
    var product = first * (Double(count) - overlaps) / pixels
    while product > 1 { product /= 1.1 }
    factor = product < 1 ? first / (1 - product) : first
    (self.fraction, self.square, self.above, self.below) = (fraction, square, above, below)
  }

  /// Where less than 3 % of a ring exceed the square of the fraction by 5 % of the variance.
  private static func end(of correlation: TwoPointCorrelation) -> Double {
    let fraction = correlation.fraction
    let bound = fraction * fraction + 0.05 * fraction * (1 - fraction)
    let longest = Double(correlation.limit) * 2.0.squareRoot()
    let step = longest < 100 * 2.0.squareRoot() ? longest / 99 : 100
    var starts: [Double] = []
    var start = step
    while start + step <= longest {
      starts.append(start)
      start += step
    }
    var counts = [(all: Int, above: Int)](repeating: (0, 0), count: starts.count)
    correlation.forEachVector { _, _, length, value in
      guard length >= step else { return }
      // Starts are sums, so that the quotient may be one off.
      var ring = min(max(Int(length / step) - 1, 0), starts.count)
      if ring < starts.count, length < starts[ring] { ring -= 1 }
      if ring + 1 < starts.count, length >= starts[ring + 1] { ring += 1 }
      guard starts.indices.contains(ring), length < starts[ring] + step else { return }
      counts[ring].all += 1
      if value > bound { counts[ring].above += 1 }
    }
    for (start, ring) in zip(starts, counts)
    where Double(ring.above) < 0.03 * Double(max(ring.all, 1)) {
      return start
    }
    return step
  }

  /// The length, corrected until it is within a factor of three of another estimate.
  ///
  /// Each correction takes a tenth from what is above, or from what is below.
  mutating func length(near other: Double?) -> Double {
    for _ in 0..<200 {
      let squared = factor / (fraction - square) * (above + below)
      let length = squared > 0 ? squared.squareRoot() : 0
      let isShort = length < 1 || other.map { $0 > 1 && length < $0 / 3 } ?? false
      let isLong = other.map { $0 > 1 && length > 3 * $0 } ?? false
      guard isShort || isLong else { return length }
      if isShort { below *= 0.9 } else { above *= 0.9 }
    }
    return other ?? 1
  }
}

extension TwoPointCorrelation {
  /// Half the shorter side: no part of a vector is longer.
  fileprivate var limit: Int { min(size.width, size.height) / 2 }

  fileprivate func forEachVector(
    _ body: (_ right: Int, _ down: Int, _ length: Double, _ value: Double) -> Void
  ) {
    for down in -limit...limit where abs(down) < size.height {
      for right in -limit...limit where abs(right) < size.width {
        body(
          right, down, Double(right * right + down * down).squareRoot(),
          self(right: right, down: down))
      }
    }
  }
}
