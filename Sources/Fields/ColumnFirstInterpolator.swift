import Imaging
import LinearAlgebra

/// The interpolation with the axes in the other order: `Σ_v vertical_v · (horizontal_v · columns)`.
///
/// The terms of one list of vertical weights are widened first, grid row by grid row, into rows as
/// wide as the picture; pixels are sums of such rows, long runs of numbers even with few dimensions
/// per pixel. For vectors of few dimensions, where a wide row is small.
struct ColumnFirstInterpolator: Interpolator {
  /// Every grid row of every vertical list: its terms' cells in sequence, `[cells, dim]`.
  private let lines: RowBlocks
  /// The vertical list of each line.
  private let lists: [Int]
  /// For each vertical list: the cells of a line that each column mixes.
  private let horizontal: [SparseRows]
  /// The lines that each row mixes, `[height]`.
  private let vertical: SparseRows

  let block = Size(width: 512, height: 64)

  /// The maximum dimension of narrow vectors: fewer than a wide register holds.
  static let mostDims = 15

  init(lines: RowBlocks, lists: [Int], horizontal: [SparseRows], vertical: SparseRows) {
    self.lines = lines
    self.lists = lists
    self.horizontal = horizontal
    self.vertical = vertical
  }

  var dim: Int { lines.dim }

  /// Empty: the memory needed depends on the rows, and is small.
  func makeScratch() -> MutableMatrix { MutableMatrix(rows: 0, columns: dim) }

  func repeats(_ row: Int) -> Bool { row > 0 && vertical.areAlike(row, row - 1) }

  func interpolate(
    _ rows: Range<Int>, _ columns: Range<Int>, into out: MutableMatrixView, rowStride: Int,
    scratch: MutableMatrix
  ) {
    let needed = vertical.runs(in: rows).joined().map { $0 }
    let wide = MutableMatrix(rows: needed.count * columns.count, columns: dim)
    var places: [Int32: Int] = [:]
    for (place, line) in needed.enumerated() {
      places[Int32(line)] = place
      RowKernels.current.expand(
        lines[line], by: horizontal[lists[line]], rows: columns,
        into: wide[rows: place * columns.count..<(place + 1) * columns.count])
    }
    let blocks = RowBlocks(
      needed.indices.map { wide.view[rows: $0 * columns.count..<($0 + 1) * columns.count] },
      dim: dim)
    var mixture = SparseRows()
    for (index, row) in rows.enumerated() {
      for entry in vertical[row] {
        guard let place = places[vertical.cells[entry]] else { continue }
        mixture.append(cell: place, weight: vertical.weights[entry])
      }
      mixture.endRow()
      RowKernels.current.combine(
        blocks, by: mixture, row: index, rows: 0..<columns.count,
        into: out[rows: index * rowStride..<index * rowStride + columns.count])
    }
  }
}
