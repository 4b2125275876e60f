import Encoders
import Imaging
import LinearAlgebra

/// A covariance from a field's distinct pixels, weighted by their number.
///
/// The axes are separable, so these are the distinct rows times the distinct columns. They are
/// computed a few rows at a time, scaled by the square root of their number, and multiplied by
/// themselves.
struct DistinctPixels {
  private let interpolator: RowMajorInterpolator
  private let rows: Int
  private let entries: Int

  /// Prepares the pixels less `mean`.
  init(_ field: FeatureField, about mean: Matrix) {
    let (vertical, horizontal) = (field.groups.verticals, field.groups.horizontals)
    let rows = DistinctPixels.distinct(vertical, over: field.shown.height)
    let columns = DistinctPixels.distinct(horizontal, over: field.shown.width)
    interpolator = field.groups.wide(
      of: field.terms, rows: rows, columns: columns, centre: mean)
    self.rows = rows.count
    entries = horizontal.count
  }

  /// Multiply-adds, with sparse ones weighted by their cost.
  var cost: Int {
    rows * interpolator.width * interpolator.dim
      * (interpolator.dim + Covariance.sparseCost * entries)
  }

  /// Half the covariance on its diagonal blocks and the whole of it right of them.
  func sum(workers: ThreadPool?) -> Matrix {
    let dim = interpolator.dim
    let sum = MutableMatrix(rows: dim, columns: dim)
    let blocks = (0..<dim).blocks(of: max((dim + 3) / 4, min(dim, 64)))
    let chunks = (0..<rows).blocks(of: max(1, 8192 / interpolator.width))
    let pixels = MutableMatrix(rows: (chunks.first?.count ?? 0) * interpolator.width, columns: dim)
    for (index, chunk) in chunks.enumerated() {
      let made = 0..<chunk.count * interpolator.width
      interpolator.fill(chunk, 0..<interpolator.width, into: pixels[rows: made], workers: workers)
      workers.forEach(blocks.count) { number, _ in
        let block = blocks[number]
        multiply(
          transposed: pixels.view[rows: made, columns: block],
          by: pixels.view[rows: made, columns: block],
          into: sum[rows: block, columns: block], scale: 0.5, adding: index > 0)
        multiply(
          transposed: pixels.view[rows: made, columns: block],
          by: pixels.view[rows: made, columns: block.upperBound..<dim],
          into: sum[rows: block, columns: block.upperBound..<dim], adding: index > 0)
      }
    }
    return sum.frozen()
  }

  /// The first of each kind of position, and the root of its share of all.
  private static func distinct(_ lists: [AxisWeights], over length: Int)
    -> [(position: Int, scale: Float)]
  {
    var places: [[AxisWeights.Entry]: Int] = [:]
    var kinds: [(position: Int, count: Int)] = []
    for position in 0..<length {
      let mixture = lists.map { $0.entry(position) }
      if let place = places[mixture] {
        kinds[place].count += 1
      } else {
        places[mixture] = kinds.count
        kinds.append((position, 1))
      }
    }
    return kinds.map { ($0.position, (Float($0.count) / Float(length)).squareRoot()) }
  }
}
