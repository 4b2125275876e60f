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
  /// The values of vectors shorter than the distance from which they no longer vary.
  private var near: [Double]
  /// What they tend to.
  private let square: Double
  private let factor: Double

  init(_ correlation: TwoPointCorrelation) {
    let size = correlation.size
    let limit = min(size.width, size.height) / 2
    fraction = correlation.fraction
    var vectors: [(length: Double, value: Double, overlap: Double)] = []
    for down in -limit...limit where abs(down) < size.height {
      for right in -limit...limit where abs(right) < size.width {
        let overlap =
          Double(size.width - abs(right)) * Double(size.height - abs(down))
          / Double(size.width * size.height)
        vectors.append(
          (
            Double(right * right + down * down).squareRoot(),
            correlation(right: right, down: down), overlap
          ))
      }
    }
    let longest = Double(limit) * 2.0.squareRoot()
    let step = longest < 100 * 2.0.squareRoot() ? longest / 99 : 100
    let end = LengthModel.end(vectors.map { ($0.length, $0.value) }, fraction, step, longest)
    let rim = vectors.filter { $0.length >= end - 10 && $0.length <= end }.map(\.value)
    let mean = rim.isEmpty ? fraction * fraction : rim.reduce(0, +) / Double(rim.count)
    square = (mean + fraction * fraction) / 2
    let inner = vectors.filter { $0.length < end }
    near = inner.map(\.value)
    let pixels = Double(size.width * size.height)
    let overlaps = inner.reduce(0) { $0 + $1.overlap }
    let first = pixels / (pixels - overlaps)
    var product = first * (Double(inner.count) - overlaps) / pixels
    while product > 1 { product /= 1.1 }
    factor = product < 1 ? first / (1 - product) : first
  }

  /// Where less than 3 % of a ring exceed the square of the fraction by 5 % of the variance.
  private static func end(
    _ vectors: [(length: Double, value: Double)], _ fraction: Double, _ step: Double,
    _ longest: Double
  ) -> Double {
    let bound = fraction * fraction + 0.05 * fraction * (1 - fraction)
    var start = step
    while start + step <= longest {
      let ring = vectors.filter { $0.length >= start && $0.length < start + step }
      let above = ring.count { $0.value > bound }
      if Double(above) < 0.03 * Double(max(ring.count, 1)) { return start }
      start += step
    }
    return step
  }

  private var squaredLength: Double {
    factor / (fraction - square) * near.reduce(0) { $0 + $1 - square }
  }

  /// The length, corrected until it is within a factor of three of another estimate.
  mutating func length(near other: Double?) -> Double {
    for _ in 0..<200 {
      let squared = squaredLength
      let length = squared > 0 ? squared.squareRoot() : 0
      let isShort = length < 1 || other.map { $0 > 1 && length < $0 / 3 } ?? false
      let isLong = other.map { $0 > 1 && length > 3 * $0 } ?? false
      guard isShort || isLong else { return length }
      for place in near.indices {
        let difference = near[place] - square
        if isShort ? difference < 0 : difference > 0 { near[place] -= difference / 10 }
      }
    }
    return other ?? 1
  }
}
