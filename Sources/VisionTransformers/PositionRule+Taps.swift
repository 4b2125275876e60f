package import Encoders
package import LinearAlgebra

extension ModelCard.PositionRule {
  /// The weight of each stored position in each new one along an axis, `[length, stored]`.
  package func taps(from stored: Int, to length: Int) -> Matrix {
    let matrix = MutableMatrix(rows: length, columns: stored)
    let scale = Double(stored) / Double(length)
    for index in 0..<length {
      let centre = Double(index) + 0.5
      switch self {
      case .offset:
        matrix.fourTaps(
          at: index, centre * (Double(stored) / (Double(length) + 0.1)) - 0.5)
      case .size: matrix.fourTaps(at: index, centre * scale - 0.5)
      case .antialias: matrix.antialiasedTaps(at: index, scale: scale)
      case .corners:
        matrix.fourTaps(at: index, Double(index * (stored - 1)) / Double(max(length - 1, 1)))
      case .bilinear: matrix.twoTaps(at: index, max(centre * scale - 0.5, 0))
      case .fixed, .rotary:
        precondition(length == stored, "\(stored) positions for \(length)")
        matrix[index, index] = 1
      }
    }
    return matrix.frozen()
  }
}

extension MutableMatrix {
  /// Adds two linear weights; that of a position after the last goes to the last.
  fileprivate func twoTaps(at index: Int, _ position: Double) {
    let first = min(Int(position), columns - 1)
    let weight = position - Double(first)
    self[index, first] += Float(1 - weight)
    self[index, min(first + 1, columns - 1)] += Float(weight)
  }

  /// Adds four cubic weights; those of positions beyond the edge go to the edge.
  ///
  /// Source: Keys 1981.
  fileprivate func fourTaps(at index: Int, _ position: Double) {
    let first = position.rounded(.down)
    for tap in -1...2 {
      let weight = cubic(position - first - Double(tap), a: -0.75)
      self[index, min(max(Int(first) + tap, 0), columns - 1)] += Float(weight)
    }
  }

  /// Adds cubic weights widened when the grid shrinks, rescaled to sum to one at the edge.
  ///
  /// Source: PyTorch's `interpolate(antialias=True)`, which follows Pillow.
  fileprivate func antialiasedTaps(at index: Int, scale: Double) {
    let widening = max(scale, 1)
    let centre = scale * (Double(index) + 0.5)
    let low = max(Int(centre - 2 * widening + 0.5), 0)
    let high = min(Int(centre + 2 * widening + 0.5), columns)
    let weights = (low..<high).map { cubic((Double($0) - centre + 0.5) / widening, a: -0.5) }
    let total = weights.reduce(0, +)
    for (offset, weight) in weights.enumerated() {
      self[index, low + offset] = Float(weight / total)
    }
  }

  /// The cubic convolution kernel.
  ///
  /// Source: Keys 1981, eq. 4 for the free parameter `a`.
  private func cubic(_ x: Double, a: Double) -> Double {
    let x = abs(x)
    if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
  }
}
