import Features
import Imaging
import LinearAlgebra

/// A field's terms by the axis lists that they share, in the order in which these first appear.
struct TermGroups: Sendable {
  /// The distinct horizontal lists; each makes a group.
  let horizontals: [AxisWeights]
  /// The distinct vertical lists.
  let verticals: [AxisWeights]
  /// Of each term: its group, and its vertical list.
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

  /// What the pixels are made of: the mean of the terms.
  func blend(of terms: [Term], over shown: Size) -> Blend {
    blend(
      of: terms, rows: (0..<shown.height).map { ($0, 1) },
      columns: (0..<shown.width).map { ($0, 1) })
  }

  /// The mean of the terms at some rows and columns, each scaled.
  func blend(
    of terms: [Term], rows: [(position: Int, scale: Float)],
    columns positions: [(position: Int, scale: Float)]
  ) -> Blend {
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
    var columns = SparseRows()
    for (x, scale) in positions {
      var place = 0
      for list in horizontals {
        for (cell, weight) in list.entries(x) {
          columns.append(cell: place + cell, weight: scale * weight)
        }
        place += list.cells
      }
      columns.endRow()
    }
    return Blend(
      sources: TermGroups.sources(terms), vertical: vertical,
      lineLengths: horizontals.map(\.cells), horizontal: columns, dim: terms[0].map.dim)
  }

  /// Every grid row of every term.
  static func sources(_ terms: [Term]) -> [MatrixView] {
    terms.flatMap { term in
      (0..<term.map.grid.rows).map { row in
        let columns = term.map.grid.columns
        return term.map.vectors[rows: row * columns..<(row + 1) * columns]
      }
    }
  }

  /// Where each term's grid rows begin among all.
  static func firstSources(_ terms: [Term]) -> [Int] {
    var end = 0
    return terms.map { term in
      end += term.map.grid.rows
      return end - term.map.grid.rows
    }
  }
}
