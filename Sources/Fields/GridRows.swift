import Imaging
import LinearAlgebra

/// Every grid row of every term of a field, `[grid columns, dim]` each, to be mixed by their numbers.
///
/// Rows that are kept as halves are widened for the pixels that mix them, and only then.
struct GridRows: Sendable {
  let dim: Int
  /// The rows, where none has to be widened.
  private let blocks: RowBlocks?
  private let places: [(map: StoredMap, row: Int)]

  init(_ terms: [Term]) {
    dim = terms[0].map.dim
    places = terms.flatMap { term in (0..<term.map.grid.rows).map { (term.map, $0) } }
    let needsNone = terms.allSatisfy { $0.map.vectors.bytesWidened == 0 }
    blocks = needsNone ? RowBlocks(places.map { $0.map.row($0.row) }, dim: dim) : nil
  }

  /// Some rows of a mixture of grid rows, with the sources that they mix.
  struct Mixture {
    fileprivate let blocks: RowBlocks
    fileprivate let weights: SparseRows
    /// The number of the first row in `weights`, and of the first cell in `blocks`.
    fileprivate let firstRow: Int
    fileprivate let firstCell: Int
    fileprivate let cells: Range<Int>

    /// Mixes one of the rows, of the cells asked for: `[cells.count, dim]`.
    func combine(_ row: Int, centre: Matrix?, into out: MutableMatrixView) {
      let first = cells.lowerBound - firstCell
      RowKernels.current.combine(
        blocks, by: weights, row: row - firstRow, rows: first..<first + cells.count,
        centre: centre, into: out)
    }
  }

  /// The rows of `weights` that are asked for, over some columns of the grid.
  func mixture(_ weights: SparseRows, _ rows: Range<Int>, cells: Range<Int>) -> Mixture {
    if let blocks {
      return Mixture(
        blocks: blocks, weights: weights, firstRow: 0, firstCell: 0, cells: cells)
    }
    var numbers: [Int32: Int] = [:]
    var sources: [MatrixView] = []
    var own = SparseRows()
    for row in rows {
      for entry in weights[row] {
        let source = weights.cells[entry]
        if numbers[source] == nil {
          let (map, gridRow) = places[Int(source)]
          let first = gridRow * map.grid.columns
          numbers[source] = sources.count
          sources.append(
            map.vectors[rows: first + cells.lowerBound..<first + cells.upperBound])
        }
        own.append(cell: numbers[source, default: 0], weight: weights.weights[entry])
      }
      own.endRow()
    }
    return Mixture(
      blocks: RowBlocks(sources, dim: dim), weights: own, firstRow: rows.lowerBound,
      firstCell: cells.lowerBound, cells: cells)
  }
}

extension StoredMap {
  /// One grid row's vectors, `[grid.columns, dim]`.
  func row(_ index: Int) -> MatrixView {
    vectors[rows: index * grid.columns..<(index + 1) * grid.columns]
  }
}
