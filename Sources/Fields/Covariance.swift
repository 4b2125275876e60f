import Features
import Imaging
import LinearAlgebra

/// The mean and covariance of all of a field's pixels, from its grids and weights alone.
///
/// With the terms' lists Y and X, their maps F less the mean, and N pixels, the covariance is
/// `(1/N) Σ_{t,s} F_tᵀ · (Y_tᵀY_s ⊗ X_tᵀX_s) · F_s`. Of the pairs one half is enough. For each t
/// the sum over s is a blend of grids like the pixels' own, and what is left is one product.
/// Exact but for rounding, since a pixel's weights sum to one; no pixel is ever made.
struct Covariance {
  /// `[1, dim]`
  let mean: Matrix
  /// Divided by the number of pixels, `[dim, dim]`; the upper triangle.
  let values: [Double]

  init(of field: FeatureField, workers: Workers?) {
    mean = Covariance.mean(of: field)
    let pairs = TermPairs(field)
    let dim = field.dim
    let sum = Matrix(rows: dim, columns: dim)
    let blocks = (0..<dim).blocks(of: max(64, (dim + 7) / 8))
    for (index, term) in field.terms.enumerated() {
      let vectors = term.map.vectors
      let mixed = Matrix(rows: vectors.rows, columns: dim)
      pairs.blend(of: index).rows(
        0..<term.map.grid.rows, centre: mean, into: mixed.all, workers: workers, rowsPerBlock: 8)
      let centred = Matrix(rows: vectors.rows, columns: dim)
      let slices = (0..<vectors.rows).blocks(of: 256)
      workers.forEach(slices.count) { [mean] slice in
        RowKernels.current.combine(
          [vectors[rows: slices[slice]]], weights: [1], centre: mean,
          into: centred[rows: slices[slice]])
      }
      workers.forEach(blocks.count) { block in
        multiply(
          transposed: centred[rows: 0..<vectors.rows, columns: blocks[block]], by: mixed.all,
          into: sum[rows: blocks[block]], adding: index > 0)
      }
    }
    values = Covariance.symmetrised(sum.values, dim)
  }

  /// `a + aᵀ`, its upper triangle.
  private static func symmetrised(_ a: [Float], _ dim: Int) -> [Double] {
    var result = [Double](repeating: 0, count: dim * dim)
    for row in 0..<dim {
      for column in row..<dim {
        result[row * dim + column] = Double(a[row * dim + column]) + Double(a[column * dim + row])
      }
    }
    return result
  }

  /// The mean vector over all pixels, `[1, dim]`: each cell counts by the pixels that it reaches.
  static func mean(of field: FeatureField) -> Matrix {
    var sum = [Double](repeating: 0, count: field.dim)
    let line = Matrix(rows: 1, columns: field.dim)
    let pixels = Double(field.shown.width * field.shown.height)
    for term in field.terms {
      let (heights, widths) = (term.vertical.reach, term.horizontal.reach)
      for row in 0..<term.map.grid.rows where heights[row] > 0 {
        let first = row * term.map.grid.columns
        RowKernels.current.combine(
          widths.indices.map { term.map.vectors[rows: first + $0..<first + $0 + 1] },
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

/// The overlaps of a field's terms, each pair of axis lists counted once.
private struct TermPairs {
  private let field: FeatureField
  private let sources: [MatrixView]
  private let firstSources: [Int]
  /// By the lists' numbers.
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

  /// Half of the term's overlap with itself, and its overlaps with all later terms: the blend
  /// whose rows are those of the term's grid.
  func blend(of index: Int) -> Blend {
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
    return Blend(
      sources: sources, vertical: rows, lineLengths: present.map { groups.horizontals[$0].cells },
      horizontal: columns, dim: field.dim)
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

extension AxisWeights {
  /// The weights of each cell, added up over all positions, `[cells]`.
  var reach: [Double] {
    var reach = [Double](repeating: 0, count: cells)
    for position in 0..<length {
      for (cell, weight) in entries(position) { reach[cell] += Double(weight) }
    }
    return reach
  }
}
