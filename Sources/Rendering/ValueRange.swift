package import Fields
import Imaging
package import LinearAlgebra

/// The minimum and maximum finite value of each dimension over some pixels.
package struct ValueRange: Sendable {
  private(set) var low: [Float]
  private(set) var high: [Float]

  /// An empty range.
  package init(dim: Int) {
    low = [Float](repeating: .infinity, count: dim)
    high = [Float](repeating: -.infinity, count: dim)
  }

  package init(of field: FeatureField, workers: ThreadPool?) {
    self.init(dim: field.dim)
    let parts = field.strips(workers) { _, pixels in
      ValueRange(of: pixels.values, dim: pixels.columns)
    }
    for part in parts { join(part) }
  }

  /// Extends it to the values of another range.
  package mutating func join(_ other: ValueRange) {
    precondition(low.count == other.low.count, "\(other.low.count) dims for \(low.count)")
    for k in low.indices {
      low[k] = min(low[k], other.low[k])
      high[k] = max(high[k], other.high[k])
    }
  }

  /// The range of interleaved values, `[pixels, dim]`.
  init(of values: [Float], dim: Int) {
    self.init(dim: dim)
    for k in 0..<dim {
      var (least, greatest) = (Float.infinity, -Float.infinity)
      for place in stride(from: k, to: values.count, by: dim) {
        let value = values[place]
        guard value.isFinite else { continue }
        least = value < least ? value : least
        greatest = value > greatest ? value : greatest
      }
      (low[k], high[k]) = (least, greatest)
    }
  }

  /// The position of a value between minimum (0) and maximum (1); 0 where all are equal.
  func fraction(_ value: Float, _ dimension: Int) -> Float {
    let fraction = (value - low[dimension]) / (high[dimension] - low[dimension])
    // NaN fails the comparison.
    return fraction > 0 ? min(fraction, 1) : 0
  }
}
