import Imaging
import LinearAlgebra

/// A rectangle of a grid's cells.
struct CellWindow {
  let rows: Range<Int>
  let columns: Range<Int>

  var count: Int { rows.count * columns.count }

  /// The index in the window of a cell of the grid.
  func place(_ row: Int, _ column: Int) -> Int {
    (row - rows.lowerBound) * columns.count + column - columns.lowerBound
  }

  /// The indices in the grid of the window's cells.
  func places(in grid: Grid) -> [Int] {
    rows.flatMap { row in columns.map { row * grid.columns + $0 } }
  }

  /// The window extended by `margin` cells on every side, within the grid.
  func grown(by margin: Int, within grid: Grid) -> CellWindow {
    func grown(_ range: Range<Int>, _ length: Int) -> Range<Int> {
      (range.lowerBound - margin..<range.upperBound + margin).clamped(to: 0..<length)
    }
    return CellWindow(rows: grown(rows, grid.rows), columns: grown(columns, grid.columns))
  }

  /// The cells of a coarser grid, half as many along each axis, that these are interpolated from.
  func halved(within grid: Grid) -> CoarseWindow {
    func halved(_ range: Range<Int>, _ length: Int) -> Range<Int> {
      (range.lowerBound / 2 - 2..<(range.upperBound - 1) / 2 + 3).clamped(to: 0..<length)
    }
    return CoarseWindow(
      window: CellWindow(rows: halved(rows, grid.rows), columns: halved(columns, grid.columns)),
      grid: grid)
  }
}

/// A window of a grid that is to be doubled.
struct CoarseWindow {
  let window: CellWindow
  let grid: Grid

  /// The bicubic weights of each cell of a window of the finer grid over these cells.
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

/// The four cells that a finer one is interpolated from along an axis; beyond the ends, the last.
private struct CubicTaps {
  let cells: [Int]
  let weights: [Float]

  /// Computes them: a finer cell's centre is a quarter of a cell before or after that of its
  /// coarser cell.
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
