import Fields
import Imaging
import LinearAlgebra

/// The least and the greatest finite value of each dimension over a field's pixels.
struct Extent {
  private(set) var low: [Float]
  private(set) var high: [Float]

  init(of field: FeatureField, workers: Workers?) {
    var low = [Float](repeating: .infinity, count: field.dim)
    var high = [Float](repeating: -.infinity, count: field.dim)
    field.forEachStrip(workers) { values in
      var k = 0
      for value in values {
        if value.isFinite {
          low[k] = min(low[k], value)
          high[k] = max(high[k], value)
        }
        k = k + 1 == low.count ? 0 : k + 1
      }
    }
    (self.low, self.high) = (low, high)
  }

  /// Where a value lies from the least (0) to the greatest (1); 0 where all are equal.
  func fraction(_ value: Float, _ dimension: Int) -> Float {
    let fraction = (value - low[dimension]) / (high[dimension] - low[dimension])
    // What is no number fails the comparison.
    return fraction > 0 ? min(fraction, 1) : 0
  }
}

extension FeatureField {
  /// Lends all pixels to `body`, some rows at a time from the top, `[rows · width, dim]`.
  func forEachStrip(_ workers: Workers?, _ body: ([Float]) -> Void) {
    let height = max(1, min(shown.height, (1 << 20) / (shown.width * dim)))
    let strip = Matrix(rows: height * shown.width, columns: dim)
    for first in stride(from: 0, to: shown.height, by: height) {
      let range = first..<min(first + height, shown.height)
      let filled = strip[rows: 0..<range.count * shown.width]
      rows(range, into: filled, workers: workers)
      body(filled.values)
    }
  }
}
