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
  private let sources: RowBlocks
  private let firstSources: [Int]
  /// By the lists' indices.
  private let vertical: [[Gram]]
  private let horizontal: [[Gram]]

  init(_ field: FeatureField) {
    self.field = field
    sources = TermGroups.sources(field.terms)
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
    let most = field.terms.reduce(0) { max($0, $1.map.grid.count) }
    let (allMixed, allCentred) = (
      MutableMatrix(rows: most, columns: dim), MutableMatrix(rows: most, columns: dim)
    )
    for (index, term) in field.terms.enumerated() {
      let (vectors, cells) = (term.map.vectors, 0..<term.map.grid.count)
      let (mixed, centred) = (allMixed[rows: cells], allCentred[rows: cells])
      interpolator(of: index, about: mean).fill(
        0..<term.map.grid.rows, 0..<term.map.grid.columns, into: mixed, workers: workers)
      let slices = cells.blocks(of: 256)
      workers.forEach(slices.count) { slice, _ in
        RowKernels.current.combine(
          [vectors[rows: slices[slice]]], weights: [1], centre: mean,
          into: centred[rows: slices[slice]])
      }
      workers.forEach(blocks.count) { block, _ in
        multiply(
          transposed: allCentred.view[rows: cells, columns: blocks[block]], by: mixed.view,
          into: sum[rows: blocks[block]], adding: index > 0)
      }
    }
    return sum.frozen()
  }

  /// The mean of the pixels' squared lengths, less `mean`: the trace of the covariance about it.
  func meanSquare(about mean: Matrix, workers: ThreadPool?) -> Double {
    var sum = 0.0
    for (index, term) in field.terms.enumerated() {
      let grid = term.map.grid
      let (mixed, centred) = (
        MutableMatrix(rows: grid.count, columns: field.dim),
        MutableMatrix(rows: grid.count, columns: field.dim)
      )
      interpolator(of: index, about: mean).fill(
        0..<grid.rows, 0..<grid.columns, into: mixed.all, workers: workers)
      RowKernels.current.combine(
        [term.map.vectors.all], weights: [1], centre: mean, into: centred.all)
      let slices = (0..<grid.count).blocks(of: 256)
      let parts = workers.map(slices.count) { slice, _ in
        zip(mixed.view[rows: slices[slice]].values, centred.view[rows: slices[slice]].values)
          .reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      }
      sum += 2 * parts.reduce(0, +)
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
