import Imaging
import LinearAlgebra

/// A rectangle of a grid's cells.
struct CellWindow {
  let rows: Range<Int>
  let columns: Range<Int>

  var count: Int { rows.count * columns.count }

  /// Where a cell of the grid stands among the window's.
  func place(_ row: Int, _ column: Int) -> Int {
    (row - rows.lowerBound) * columns.count + column - columns.lowerBound
  }

  /// Where the window's cells stand among the grid's.
  func places(in grid: Grid) -> [Int] {
    rows.flatMap { row in columns.map { row * grid.columns + $0 } }
  }

  /// The window with so many more cells on every side as a grid has there.
  func grown(by margin: Int, within grid: Grid) -> CellWindow {
    func grown(_ range: Range<Int>, _ length: Int) -> Range<Int> {
      (range.lowerBound - margin..<range.upperBound + margin).clamped(to: 0..<length)
    }
    return CellWindow(rows: grown(rows, grid.rows), columns: grown(columns, grid.columns))
  }

  /// The cells of a coarser grid, half as many along each axis, that these lie between.
  func halved(within grid: Grid) -> CoarseWindow {
    func halved(_ range: Range<Int>, _ length: Int) -> Range<Int> {
      (range.lowerBound / 2 - 2..<(range.upperBound - 1) / 2 + 3).clamped(to: 0..<length)
    }
    return CoarseWindow(
      window: CellWindow(rows: halved(rows, grid.rows), columns: halved(columns, grid.columns)),
      grid: grid)
  }
}

/// A window of a grid whose cells are about to be doubled.
struct CoarseWindow {
  let window: CellWindow
  let grid: Grid

  /// What each cell of a window of the finer grid takes of these: a bicubic interpolation.
  ///
  /// Source: `torch.nn.functional.interpolate`, `bicubic`, `align_corners=False`.
  func doubling(_ fine: CellWindow) -> SparseRows {
    var mixture = SparseRows()
    let across = fine.columns.map { CubicTaps(doubling: $0, within: grid.columns) }
    for row in fine.rows {
      let down = CubicTaps(doubling: row, within: grid.rows)
      for taps in across {
        for (row, height) in zip(down.cells, down.weights) {
          for (column, width) in zip(taps.cells, taps.weights) {
            mixture.append(cell: window.place(row, column), weight: height * width)
          }
        }
        mixture.endRow()
      }
    }
    return mixture
  }
}

/// The four cells that one twice as fine is mixed from along an axis; beyond the ends, the last.
private struct CubicTaps {
  let cells: [Int]
  let weights: [Float]

  /// A finer cell's centre lies a quarter of a cell before or behind that of the one it is in.
  init(doubling cell: Int, within length: Int) {
    let first = cell / 2 + (cell % 2 == 0 ? -2 : -1)
    cells = (0..<4).map { min(max(first + $0, 0), length - 1) }
    weights = cell % 2 == 0 ? CubicTaps.before : CubicTaps.before.reversed()
  }

  /// The cubic convolution of A = −0.75 at three quarters: distances 1.75, 0.75, 0.25 and 1.25.
  ///
  /// Source: Keys 1981, eq. 4 with a = A.
  private static let before: [Float] = [1.75, 0.75, 0.25, 1.25].map { (x: Float) -> Float in
    let a: Float = -0.75
    if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    let cubic: Float = ((x - 5) * x + 8) * x - 4
    return cubic * a
  }
}
