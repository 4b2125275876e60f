import Imaging
package import LinearAlgebra

/// Smooths scores along the edges of the picture that they belong to.
///
/// The guide is the grey picture in 0…1. Within each square a plane is fitted by a linear function
/// of the guide; a pixel takes the mean of the functions of the squares that hold it. Squares are cut
/// off at the picture's edges. Source: He, Sun and Tang 2013.
package struct GuidedFilter: Sendable, Hashable, Codable {
  /// Pixels from a square's middle to its side, 1…64.
  package let radius: Int
  /// The variance below which the guide is flat.
  package let epsilon: Float

  package init(radius: Int, epsilon: Float = 1e-3) {
    precondition((1...64).contains(radius) && epsilon > 0, "r = \(radius), ε = \(epsilon)")
    (self.radius, self.epsilon) = (radius, epsilon)
  }

  /// The scores smoothed; five planes of floats are held beside the two.
  package func callAsFunction(
    _ scores: Scores, guide picture: GreyPicture, workers: ThreadPool? = nil
  ) -> Scores {
    precondition(picture.size == scores.size, "\(picture.size) guides \(scores.size)")
    let pixels = scores.planes.columns
    let guide = MutableMatrix(rows: 1, columns: pixels)
    RowKernels.current.combine([picture.levels.all], weights: [1 / 255], into: guide.all)
    let mean = MutableMatrix(rows: 1, columns: pixels)
    let inverse = MutableMatrix(rows: 1, columns: pixels)
    let out = MutableMatrix(rows: scores.planes.rows, columns: pixels)
    let bands = Bands(scores, radius, workers)
    bands.forEach { rows, part in
      bands.box(guide.view, rows, into: mean.all)
      bands.box(guide.view, times: guide.view, rows, into: inverse.all)
      ScoreKernels.current.inverseVariance(
        mean: mean.view[columns: part], epsilon: epsilon,
        squares: inverse.all[columns: part])
    }
    let offset = MutableMatrix(rows: 1, columns: pixels)
    let slope = MutableMatrix(rows: 1, columns: pixels)
    for k in scores.ids.indices {
      let (plane, target) = (scores.planes[rows: k..<k + 1], out[rows: k..<k + 1])
      bands.forEach { rows, part in
        bands.box(plane, rows, into: offset.all)
        bands.box(plane, times: guide.view, rows, into: slope.all)
        ScoreKernels.current.guide(
          mean: mean.view[columns: part], inverse: inverse.view[columns: part],
          meanOfP: offset.all[columns: part], meanOfProduct: slope.all[columns: part])
      }
      bands.forEach { rows, _ in
        bands.box(slope.view, rows, into: target)
        bands.box(offset.view, onto: guide.view, rows, into: target)
      }
    }
    return Scores(size: scores.size, ids: scores.ids, planes: out.frozen())
  }
}

/// Bands of rows of one height, whose sums begin anew, whatever the number of threads.
private struct Bands: Sendable {
  let width: Int
  let radius: Int
  let workers: ThreadPool?
  let ranges: [Range<Int>]

  init(_ scores: Scores, _ radius: Int, _ workers: ThreadPool?) {
    (width, self.radius, self.workers) = (scores.size.width, radius, workers)
    ranges = Blocks(of: scores.size.height, atMost: max(64, 4 * radius)).ranges
  }

  /// Runs `body` with each band's rows and the range of their pixels.
  func forEach(_ body: @escaping @Sendable (Range<Int>, Range<Int>) -> Void) {
    workers.forEach(ranges.count) { [self] index, _ in
      let rows = ranges[index]
      body(rows, rows.lowerBound * width..<rows.upperBound * width)
    }
  }

  func box(
    _ source: MatrixView, times factor: MatrixView? = nil, onto: MatrixView? = nil,
    _ rows: Range<Int>, into out: MutableMatrixView
  ) {
    ScoreKernels.current.box(
      source, times: factor, onto: onto, width: width, radius: radius, rows: rows, into: out)
  }
}
