package import Imaging
import Segmentation

/// Cells of a grid that belong together, in row-major order.
package struct CellMask: Sendable, Hashable {
  package let grid: Grid
  package let cells: [Bool]

  package init(grid: Grid, cells: [Bool]) {
    precondition(cells.count == grid.count, "\(cells.count) cells, \(grid)")
    (self.grid, self.cells) = (grid, cells)
  }

  package var count: Int { cells.count { $0 } }

  /// The part that is connected to a cell over edges; empty where the cell is not inside.
  package func component(of seed: Int) -> CellMask {
    let components = self.components
    let own = components.objects[seed]
    return CellMask(grid: grid, cells: components.objects.map { own > 0 && $0 == own })
  }

  /// The parts that are connected over edges, in the order of their first cells.
  package var parts: [CellMask] {
    let components = self.components
    return (0..<components.count).map { part in
      CellMask(grid: grid, cells: components.objects.map { Int($0) == part + 1 })
    }
  }

  private var components: Components {
    let size = Size(width: grid.columns, height: grid.rows)
    return Components(of: LabelImage(size: size, ids: cells.map { $0 ? 1 : 0 }), ids: [1], .four)
  }

  /// First row and column inside, and first beyond; `nil` of an empty mask.
  package var box: (rows: Range<Int>, columns: Range<Int>)? {
    let places = cells.indices.filter { cells[$0] }
    guard let first = places.first, let last = places.last else { return nil }
    let columns = places.map { $0 % grid.columns }
    guard let left = columns.min(), let right = columns.max() else { return nil }
    return (first / grid.columns..<last / grid.columns + 1, left..<right + 1)
  }

  /// The mask of a grid whose cells were averaged in squares of a side.
  package func spread(by side: Int, over fine: Grid) -> CellMask {
    guard side > 1 else { return self }
    return CellMask(
      grid: fine,
      cells: (0..<fine.count).map { cell in
        cells[cell / fine.columns / side * grid.columns + cell % fine.columns / side]
      })
  }
}
