import Encoders
import Imaging
import LinearAlgebra

/// A covariance from the overlaps of a field's grids, without computing any pixel.
///
/// With the terms' lists Y and X, their maps F less the mean, and N pixels, the covariance is
/// `(1/N) Σ_{t,s} F_tᵀ · (Y_tᵀY_s ⊗ X_tᵀX_s) · F_s`, since a pixel's weights sum to one. Half of
/// the pairs are enough. For each t the sum over s is an interpolation of grids like the pixels'
/// own, followed by one product.
struct OverlappingGrids {
  private let field: FeatureField
  private let sources: GridRows
  private let firstSources: [Int]
  /// By the lists' indices.
  private let vertical: [[Gram]]
  private let horizontal: [[Gram]]

  init(_ field: FeatureField) {
    self.field = field
    sources = GridRows(field.terms)
    firstSources = TermGroups.firstSources(field.terms)
    let (verticals, horizontals) = (field.groups.verticals, field.groups.horizontals)
    vertical = verticals.map { a in verticals.map { Gram(a, $0) } }
    horizontal = horizontals.map { a in horizontals.map { Gram(a, $0) } }
  }

  /// Multiply-adds, with sparse ones weighted by their cost.
  static func cost(of field: FeatureField) -> Int {
    let cells = field.terms.reduce(0) { $0 + $1.map.grid.count }
    return cells * field.dim
      * (field.dim + Covariance.sparseCost * (field.terms.count + 1))
  }

  /// A matrix that is the covariance when its transpose is added.
  func sum(about mean: Matrix, workers: ThreadPool?) -> Matrix {
    let dim = field.dim
    let sum = MutableMatrix(rows: dim, columns: dim)
    // Few blocks, so that the right operand is packed rarely.
    let blocks = (0..<dim).blocks(of: max((dim + 3) / 4, min(dim, 192)))
    let most = parts.reduce(0) { max($0, $1.cells.count) }
    let (allMixed, allCentred) = (
      MutableMatrix(rows: most, columns: dim), MutableMatrix(rows: most, columns: dim)
    )
    for (number, part) in parts.enumerated() {
      let cells = 0..<part.cells.count
      let (mixed, centred) = (allMixed[rows: cells], allCentred[rows: cells])
      fill(mixed, centred, part, about: mean, workers: workers)
      workers.forEach(blocks.count) { block, _ in
        multiply(
          transposed: allCentred.view[rows: cells, columns: blocks[block]], by: mixed.view,
          into: sum[rows: blocks[block]], adding: number > 0)
      }
    }
    return sum.frozen()
  }

  /// Some rows of a term's grid.
  private struct Part {
    let term: Int
    let rows: Range<Int>
    /// Their cells among the term's.
    let cells: Range<Int>
  }

  /// All terms, in order, the large ones in several parts.
  private var parts: [Part] {
    field.terms.enumerated().flatMap { index, term in
      let columns = term.map.grid.columns
      let height = max(1, OverlappingGrids.cellsAtOnce / columns)
      return (0..<term.map.grid.rows).blocks(of: height).map {
        Part(term: index, rows: $0, cells: $0.lowerBound * columns..<$0.upperBound * columns)
      }
    }
  }

  /// The cells of a part, but that it is one grid row at least.
  static let cellsAtOnce = 1 << 15

  /// The mixtures of overlapping cells, and the cells themselves, of a part less a vector,
  /// `[part.cells.count, dim]`.
  private func fill(
    _ mixed: MutableMatrixView, _ centred: MutableMatrixView, _ part: Part, about mean: Matrix,
    workers: ThreadPool?
  ) {
    let map = field.terms[part.term].map
    interpolator(of: part.term, about: mean).fill(
      part.rows, 0..<map.grid.columns, into: mixed, workers: workers)
    let slices = (0..<part.cells.count).blocks(of: 256)
    workers.forEach(slices.count) { slice, _ in
      let rows = slices[slice]
      let first = part.cells.lowerBound
      RowKernels.current.combine(
        [map.vectors[rows: first + rows.lowerBound..<first + rows.upperBound]], weights: [1],
        centre: mean, into: centred[rows: rows])
    }
  }

  /// The mean of the pixels' squared lengths, less `mean`: the trace of the covariance about it.
  func meanSquare(about mean: Matrix, workers: ThreadPool?) -> Double {
    var sum = 0.0
    for part in parts {
      let (mixed, centred) = (
        MutableMatrix(rows: part.cells.count, columns: field.dim),
        MutableMatrix(rows: part.cells.count, columns: field.dim)
      )
      fill(mixed.all, centred.all, part, about: mean, workers: workers)
      let slices = (0..<part.cells.count).blocks(of: 256)
      let products = workers.map(slices.count) { slice, _ in
        zip(mixed.view[rows: slices[slice]].values, centred.view[rows: slices[slice]].values)
          .reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      }
      sum += 2 * products.reduce(0, +)
    }
    return max(sum, 0)
  }

  /// Half of the term's overlap with itself, and its overlaps with all later terms.
  ///
  /// It is an interpolation whose rows are those of the term's grid.
  private func interpolator(of index: Int, about mean: Matrix) -> RowMajorInterpolator {
    let (term, groups) = (field.terms[index], field.groups)
    let later = index..<field.terms.count
    let members = groups.horizontals.indices.map { group in
      later.filter { groups.horizontal[$0] == group }
    }
    let present = members.indices.filter { !members[$0].isEmpty }
    let rows = present.map { group in mixture(of: index, with: members[group]) }
    var columns = SparseRows()
    for column in 0..<term.map.grid.columns {
      var place = 0
      for group in present {
        for (cell, weight) in horizontal[groups.horizontal[index]][group].rows[column] {
          columns.append(cell: place + cell, weight: Float(weight))
        }
        place += groups.horizontals[group].cells
      }
      columns.endRow()
    }
    return RowMajorInterpolator(
      sources: sources, vertical: rows, lineLengths: present.map { groups.horizontals[$0].cells },
      horizontal: columns, centre: mean)
  }

  private func mixture(of index: Int, with others: [Int]) -> SparseRows {
    let (term, groups) = (field.terms[index], field.groups)
    let total = Double(field.weight)
    let pixels = Double(field.shown.width * field.shown.height)
    var rows = SparseRows()
    for row in 0..<term.map.grid.rows {
      for other in others {
        let share =
          Double(term.weight * field.terms[other].weight) / (total * total * pixels)
          * (other == index ? 0.5 : 1)
        for (cell, weight) in vertical[groups.vertical[index]][groups.vertical[other]].rows[row] {
          rows.append(cell: firstSources[other] + cell, weight: Float(share * weight))
        }
      }
      rows.endRow()
    }
    return rows
  }
}
