import Imaging
import LinearAlgebra

/// Rows as sums of separable interpolations of grids: `Σ_g horizontal_g · (vertical_g · lines)`.
///
/// The terms of one group share their horizontal weights, so a row first sums their grid rows into
/// one line per group, and widens the lines afterwards. Seventeen Moore shifts make five groups.
/// For vectors of many dimensions: a few cells at a time stay in a cache, and nothing as wide as
/// the picture is stored.
struct RowMajorInterpolator: Interpolator {
  /// Every grid row of every term, `[grid columns, dim]` each.
  private let sources: GridRows
  /// For each group: the sources that each row's line mixes.
  private let vertical: [SparseRows]
  /// For each group: the range of its line among the scratch rows.
  private let places: [Range<Int>]
  /// The scratch rows that each column mixes, `[width]`.
  private let horizontal: SparseRows
  /// The vector subtracted from every source, `[dim]`.
  private let centre: Matrix?

  let block = Size(width: 128, height: 16)

  init(
    sources: GridRows, vertical: [SparseRows], lineLengths: [Int], horizontal: SparseRows,
    centre: Matrix? = nil
  ) {
    var end = 0
    places = lineLengths.map { length in
      end += length
      return end - length..<end
    }
    self.sources = sources
    self.vertical = vertical
    self.horizontal = horizontal
    self.centre = centre
  }

  var dim: Int { sources.dim }
  var width: Int { horizontal.count }

  func makeScratch() -> MutableMatrix {
    MutableMatrix(rows: places.last?.upperBound ?? 0, columns: dim)
  }

  func repeats(_ row: Int) -> Bool {
    row > 0 && vertical.allSatisfy { $0.areAlike(row, row - 1) }
  }

  func interpolate(
    _ rows: Range<Int>, _ columns: Range<Int>, into out: MutableMatrixView, rowStride: Int,
    scratch: MutableMatrix
  ) {
    let needed = cells(under: columns).map { group, cells in
      let start = places[group].lowerBound
      let mixture = sources.mixture(
        vertical[group], rows, cells: cells.lowerBound - start..<cells.upperBound - start)
      return (group: group, cells: cells, mixture: mixture)
    }
    for row in rows {
      let first = (row - rows.lowerBound) * rowStride
      let target = out[rows: first..<first + columns.count]
      if row > rows.lowerBound, repeats(row) {
        target.copy(out.view[rows: first - rowStride..<first - rowStride + columns.count])
        continue
      }
      for (group, cells, mixture) in needed
      where row == rows.lowerBound || !vertical[group].areAlike(row, row - 1) {
        mixture.combine(row, centre: centre, into: scratch[rows: cells])
      }
      RowKernels.current.expand(scratch.view, by: horizontal, rows: columns, into: target)
    }
  }

  /// The scratch rows that some columns mix, each run within one group's line.
  private func cells(under columns: Range<Int>) -> [(group: Int, cells: Range<Int>)] {
    var parts: [(group: Int, cells: Range<Int>)] = []
    for run in horizontal.runs(in: columns) {
      for (group, place) in places.enumerated() where run.overlaps(place) {
        parts.append((group, run.clamped(to: place)))
      }
    }
    return parts
  }
}
