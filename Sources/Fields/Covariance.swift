import Encoders
import Imaging
package import LinearAlgebra

/// The mean and covariance of all of a field's pixels, exact except for rounding.
///
/// For a guided field it is computed from all pixels. For others it is computed in the cheaper of
/// two ways, which the field's shape determines: from the grids and their overlaps, which costs the
/// same for any number of pixels; or from the distinct pixels, which are few when cells are nearest
/// and many views share their maps' cells.
package struct Covariance: Sendable {
  package enum Way: Sendable, CaseIterable { case grids, distinctPixels }

  /// The mean vector, `[1, dim]`.
  package let mean: Matrix
  /// The covariance, divided by the number of pixels, `[dim, dim]`; the upper triangle.
  package let values: [Double]

  /// Computes it in the cheaper way, or in the given one.
  package init(of field: FeatureField, by way: Way? = nil, workers: ThreadPool? = nil) {
    precondition(field.postProcess == .none, "a covariance of vectors that are no linear mixture")
    if field.guided != nil {
      let moments = Covariance.moments(of: field, workers)
      mean = Matrix(rows: 1, columns: field.dim, moments.mean.map { Float($0) })
      values = moments.scatter.map { $0 / Double(moments.count) }
      return
    }
    mean = Covariance.mean(of: field)
    let pixels = DistinctPixels(field, about: mean)
    let sum: Matrix
    switch way ?? (pixels.cost < OverlappingGrids.cost(of: field) ? .distinctPixels : .grids) {
    case .grids: sum = OverlappingGrids(field).sum(about: mean, workers: workers)
    case .distinctPixels: sum = pixels.sum(workers: workers)
    }
    values = Covariance.symmetrised(sum.values, field.dim)
  }

  /// The moments of all pixels, computed a few rows at a time: guided fields allow no shorter way.
  private static func moments(of field: FeatureField, _ workers: ThreadPool?) -> Moments {
    var moments = Moments(dim: field.dim)
    let height = max(1, valuesAtOnce / (field.shown.width * field.dim))
    for rows in (0..<field.shown.height).blocks(of: height) {
      let pixels = MutableMatrix(rows: rows.count * field.shown.width, columns: field.dim)
      field.rows(rows, into: pixels.all, workers: workers)
      moments.join(Moments.of(pixels.view).moments)
    }
    return moments
  }

  private static let valuesAtOnce = 1 << 22

  /// The upper triangle of `a + aᵀ`.
  private static func symmetrised(_ a: [Float], _ dim: Int) -> [Double] {
    var result = [Double](repeating: 0, count: dim * dim)
    for row in 0..<dim {
      for column in row..<dim {
        result[row * dim + column] = Double(a[row * dim + column]) + Double(a[column * dim + row])
      }
    }
    return result
  }

  /// Bytes of memory that it takes for a field of so many cells in all its terms.
  package static func bytes(cells: Int, dim: Int) -> Int {
    8 * min(cells, OverlappingGrids.cellsAtOnce) * dim + 64 * dim * dim
  }

  /// The cost of one multiply-add of a sparse mixture, relative to that of a dense product.
  static let sparseCost = 10

  /// The mean vector over all pixels, `[1, dim]`: each cell is weighted by the pixels it
  /// contributes to.
  static func mean(of field: FeatureField) -> Matrix {
    var sum = [Double](repeating: 0, count: field.dim)
    let line = MutableMatrix(rows: 1, columns: field.dim)
    let pixels = Double(field.shown.width * field.shown.height)
    for term in field.terms {
      let (heights, widths) = (term.vertical.reach, term.horizontal.reach)
      for row in 0..<term.map.grid.rows where heights[row] > 0 {
        let cells = term.map.row(row)
        RowKernels.current.combine(
          widths.indices.map { cells[rows: $0..<$0 + 1] },
          weights: widths.map { Float($0 / Double(field.shown.width)) }, into: line.all)
        let share =
          heights[row] * Double(field.shown.width) * Double(term.weight)
          / (pixels * Double(field.weight))
        for (i, value) in line.values.enumerated() { sum[i] += share * Double(value) }
      }
    }
    return Matrix(rows: 1, columns: field.dim, sum.map { Float($0) })
  }
}

extension AxisWeights {
  /// The sum of each cell's weights over all positions, `[cells]`.
  package var reach: [Double] {
    var reach = [Double](repeating: 0, count: cells)
    for position in 0..<length {
      for (cell, weight) in entries(position) { reach[cell] += Double(weight) }
    }
    return reach
  }
}
