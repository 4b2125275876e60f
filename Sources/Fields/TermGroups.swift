import Encoders
import Imaging
import LinearAlgebra

/// A field's terms grouped by the axis lists that they share, in order of first appearance.
struct TermGroups: Sendable {
  /// The distinct horizontal lists; each makes a group.
  let horizontals: [AxisWeights]
  /// The distinct vertical lists.
  let verticals: [AxisWeights]
  /// The group and the vertical list of each term.
  let horizontal: [Int]
  let vertical: [Int]

  init(_ terms: [Term]) {
    (horizontals, horizontal) = TermGroups.distinct(terms.map(\.horizontal))
    (verticals, vertical) = TermGroups.distinct(terms.map(\.vertical))
  }

  private static func distinct(_ lists: [AxisWeights]) -> ([AxisWeights], [Int]) {
    var places: [AxisWeights: Int] = [:]
    var distinct: [AxisWeights] = []
    let indices = lists.map { list in
      if let place = places[list] { return place }
      places[list] = distinct.count
      distinct.append(list)
      return distinct.count - 1
    }
    return (distinct, indices)
  }

  /// The index of each term's first grid row among all.
  static func firstSources(_ terms: [Term]) -> [Int] {
    var end = 0
    return terms.map { term in
      end += term.map.grid.rows
      return end - term.map.grid.rows
    }
  }
}

// MARK: - Interpolation

extension TermGroups {
  /// An interpolator of the terms' mean, with the order of axes that suits the dimension.
  func interpolator(of terms: [Term], over shown: Size) -> any Interpolator {
    if terms[0].map.dim <= ColumnFirstInterpolator.mostDims {
      return narrow(of: terms, over: shown)
    }
    return wide(
      of: terms, rows: (0..<shown.height).map { ($0, 1) },
      columns: (0..<shown.width).map { ($0, 1) })
  }

  /// The mean of the terms at some rows and columns, each scaled.
  func wide(
    of terms: [Term], rows: [(position: Int, scale: Float)],
    columns positions: [(position: Int, scale: Float)], centre: Matrix? = nil
  ) -> RowMajorInterpolator {
    let total = terms.reduce(0) { $0 + $1.weight }
    let firstSources = TermGroups.firstSources(terms)
    var vertical = [SparseRows](repeating: SparseRows(), count: horizontals.count)
    for (y, scale) in rows {
      for (index, term) in terms.enumerated() {
        let share = scale * Float(term.weight) / Float(total)
        for (cell, weight) in term.vertical.entries(y) {
          vertical[horizontal[index]].append(
            cell: firstSources[index] + cell, weight: share * weight)
        }
      }
      for group in vertical.indices { vertical[group].endRow() }
    }
    return RowMajorInterpolator(
      sources: GridRows(terms), vertical: vertical,
      lineLengths: horizontals.map(\.cells), horizontal: sideBySide(horizontals, positions),
      centre: centre)
  }

  private func narrow(of terms: [Term], over shown: Size) -> ColumnFirstInterpolator {
    let total = terms.reduce(0) { $0 + $1.weight }
    var lines: [MatrixView] = []
    var lists: [Int] = []
    var columns: [SparseRows] = []
    for list in verticals.indices {
      let members = terms.indices.filter { vertical[$0] == list }.map { terms[$0] }
      for row in 0..<verticals[list].cells {
        lines.append(joined(members.map { $0.map.row(row) }))
        lists.append(list)
      }
      var mixture = SparseRows()
      for x in 0..<shown.width {
        var place = 0
        for term in members {
          let share = Float(term.weight) / Float(total)
          for (cell, weight) in term.horizontal.entries(x) {
            mixture.append(cell: place + cell, weight: share * weight)
          }
          place += term.horizontal.cells
        }
        mixture.endRow()
      }
      columns.append(mixture)
    }
    return ColumnFirstInterpolator(
      lines: RowBlocks(lines, dim: terms[0].map.dim), lists: lists, horizontal: columns,
      vertical: sideBySide(verticals, (0..<shown.height).map { ($0, 1) }))
  }

  /// The cells of all lists, in sequence, that each position mixes.
  private func sideBySide(_ lists: [AxisWeights], _ positions: [(position: Int, scale: Float)])
    -> SparseRows
  {
    var mixture = SparseRows()
    for (position, scale) in positions {
      var place = 0
      for list in lists {
        for (cell, weight) in list.entries(position) {
          mixture.append(cell: place + cell, weight: scale * weight)
        }
        place += list.cells
      }
      mixture.endRow()
    }
    return mixture
  }

  /// Several blocks in sequence.
  private func joined(_ parts: [MatrixView]) -> MatrixView {
    let whole = MutableMatrix(rows: parts.reduce(0) { $0 + $1.rows }, columns: parts[0].columns)
    var end = 0
    for part in parts {
      whole[rows: end..<end + part.rows].copy(part)
      end += part.rows
    }
    return whole.frozen().all
  }
}
