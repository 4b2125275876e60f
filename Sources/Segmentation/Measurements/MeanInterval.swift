import Foundation

/// The mean of a fraction over several images, with its 95 % interval.
///
/// `mean ± t · s / √n` with Student's t of n − 1 degrees. Source: ASTM E562.
package struct MeanInterval: Sendable, Hashable {
  package let mean: Double
  /// The standard deviation of one image; `nil` of one image alone.
  package let deviation: Double?
  package let interval: ClosedRange<Double>?

  package init(of values: [Double]) {
    let count = Double(values.count)
    let mean = values.reduce(0, +) / max(count, 1)
    self.mean = mean
    guard values.count > 1 else {
      (deviation, interval) = (nil, nil)
      return
    }
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    let deviation = (squares / (count - 1)).squareRoot()
    let half = MeanInterval.quantile(degrees: values.count - 1) * deviation / count.squareRoot()
    self.deviation = deviation
    interval = mean - half...mean + half
  }

  /// The t below which 97.5 % of Student's distribution lie.
  package static func quantile(degrees: Int) -> Double {
    let n = Double(degrees)
    let scale = exp(lgamma((n + 1) / 2) - lgamma(n / 2)) / (n * .pi).squareRoot()
    // The density over tan: a finite interval, smooth to its end.
    func share(_ t: Double) -> Double {
      let (steps, end) = (2000, atan(t))
      let h = end / Double(steps)
      var sum = 0.0
      for step in 0...steps {
        let x = tan(h * Double(step))
        let density = scale * pow(1 + x * x / n, -(n + 1) / 2) * (1 + x * x)
        sum += density * (step == 0 || step == steps ? 1 : step % 2 == 1 ? 4 : 2)
      }
      return 0.5 + sum * h / 3
    }
    var (low, high) = (1.9, 13.0)
    for _ in 0..<60 {
      let middle = (low + high) / 2
      if share(middle) < 0.975 { low = middle } else { high = middle }
    }
    return (low + high) / 2
  }
}
