import Foundation
import Imaging
package import LinearAlgebra

/// Smooths scores by a Gaussian, across edges of the picture as well.
///
/// The window ends after four deviations; beyond the picture's edge it is mirrored, the edge's pixel
/// twice. Source: SciPy's `gaussian_filter`.
package struct ScoreSmoothing: Sendable, Hashable, Codable {
  /// The deviation in pixels, above 0, at most 64.
  package let sigma: Double

  package init(sigma: Double) {
    precondition(sigma > 0 && sigma <= 64, "σ = \(sigma)")
    self.sigma = sigma
  }

  /// The scores smoothed; a copy of them is held beside the two.
  package func callAsFunction(_ scores: Scores, workers: ThreadPool? = nil) -> Scores {
    let (width, height, count) = (scores.size.width, scores.size.height, scores.ids.count)
    let across = MutableMatrix(rows: count, columns: width * height)
    let out = MutableMatrix(rows: count, columns: width * height)
    let (weights, radius) = (self.weights, radius)
    workers.forEach(count * height) { task, _ in
      let (k, start) = (task / height, task % height * width)
      let line = MutableMatrix(rows: 1, columns: width + 2 * radius)
      for x in 0..<line.columns {
        line[0, x] = scores.planes[k, start + ScoreSmoothing.mirrored(x - radius, in: width)]
      }
      let shifted = (0...2 * radius).map { line.view[columns: $0..<$0 + width] }
      RowKernels.current.combine(
        shifted, weights: weights, into: across[rows: k..<k + 1, columns: start..<start + width])
    }
    let smooth = across.frozen()
    workers.forEach(count * height) { task, _ in
      let (k, y) = (task / height, task % height)
      let rows = (-radius...radius).map { offset in
        let start = ScoreSmoothing.mirrored(y + offset, in: height) * width
        return smooth[rows: k..<k + 1, columns: start..<start + width]
      }
      RowKernels.current.combine(
        rows, weights: weights, into: out[rows: k..<k + 1, columns: y * width..<(y + 1) * width])
    }
    return Scores(size: scores.size, ids: scores.ids, planes: out.frozen())
  }

  private var radius: Int { Int(4 * sigma + 0.5) }

  /// From one side to the other, adding up to one.
  private var weights: [Float] {
    let raw = (-radius...radius).map { exp(-0.5 * Double($0 * $0) / (sigma * sigma)) }
    let sum = raw.reduce(0, +)
    return raw.map { Float($0 / sum) }
  }

  private static func mirrored(_ place: Int, in count: Int) -> Int {
    var place = place % (2 * count)
    if place < 0 { place += 2 * count }
    return place < count ? place : 2 * count - 1 - place
  }
}
