package import Imaging
package import LinearAlgebra

/// How often both ends of a vector lie in a phase, the picture repeated beyond its edges.
///
/// At no distance it is the phase's fraction, and far away its square. Source: the Wiener–Khinchin
/// theorem; the periodic one of ImageRep. Memory: 64 bytes a pixel, four times that for sides that
/// are no powers of two.
package struct TwoPointCorrelation: Sendable, Hashable {
  package let size: Size
  /// The value for each vector right and down, `[height, width]`; those up and left are at the far
  /// ends.
  package let values: [Double]

  /// Correlates the pixels that are in a phase.
  package init(of isInside: [Bool], size: Size, workers: ThreadPool? = nil) {
    precondition(isInside.count == size.width * size.height, "\(isInside.count) of \(size)")
    self.size = size
    let (width, height) = (
      TwoPointCorrelation.padded(size.width), TwoPointCorrelation.padded(size.height)
    )
    let rows = (0..<height).map { y in
      FourierTransform.Row(
        re: (0..<width).map { x in
          y < size.height && x < size.width && isInside[y * size.width + x] ? 1 : 0
        }, im: [Double](repeating: 0, count: width))
    }
    // Columns come back, so that the second transform gives rows.
    let spectrum = FourierTransform.plane(rows, width: width, workers: workers).map { row in
      FourierTransform.Row(
        re: row.re.indices.map { row.re[$0] * row.re[$0] + row.im[$0] * row.im[$0] },
        im: [Double](repeating: 0, count: row.re.count))
    }
    let products = FourierTransform.plane(spectrum, width: height, workers: workers)
    let scale = 1 / (Double(width * height) * Double(size.width * size.height))
    // Beyond a padded picture's ends vectors fold back into it.
    var values = [Double](repeating: 0, count: size.width * size.height)
    for y in 0..<height where y < size.height || height - y < size.height {
      let row = y < size.height ? y : y - height + size.height
      for x in 0..<width where x < size.width || width - x < size.width {
        let column = x < size.width ? x : x - width + size.width
        values[row * size.width + column] += products[y].re[x] * scale
      }
    }
    self.values = values
  }

  /// The length itself where it is a power of two, or the next that holds the picture twice.
  private static func padded(_ length: Int) -> Int {
    guard length & (length - 1) != 0 else { return length }
    var padded = 1
    while padded < 2 * length - 1 { padded *= 2 }
    return padded
  }

  /// The fraction of the phase.
  package var fraction: Double { values[0] }

  /// The value of a vector, of which each part is less than the picture's side.
  package func callAsFunction(right: Int, down: Int) -> Double {
    let x = right < 0 ? right + size.width : right
    let y = down < 0 ? down + size.height : down
    return values[y * size.width + x]
  }

  /// The mean over vectors of about each length, from 0 to half the shorter side.
  package var radial: [Double] {
    let limit = min(size.width, size.height) / 2
    var (sums, counts) = (
      [Double](repeating: 0, count: limit + 1), [Int](repeating: 0, count: limit + 1)
    )
    for down in -limit...limit where abs(down) < size.height {
      for right in -limit...limit where abs(right) < size.width {
        let length = Int(Double(right * right + down * down).squareRoot().rounded())
        guard length <= limit else { continue }
        sums[length] += self(right: right, down: down)
        counts[length] += 1
      }
    }
    return sums.indices.map { counts[$0] > 0 ? sums[$0] / Double(counts[$0]) : 0 }
  }
}
