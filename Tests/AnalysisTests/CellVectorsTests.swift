import Analysis
import Imaging
import LinearAlgebra
import Support
import Testing

@Suite("Cells' vectors") struct CellVectorsTests {
  @Test(arguments: 1...12)
  func `CellVectors: averaged cells are the means of squares, of the least side that fits`(
    seed: Int
  ) {
    var chance = SeededNumbers(seed: seed)
    let grid = Grid(rows: 1 + chance.below(17), columns: 1 + chance.below(17))
    let limit = 1 + chance.below(grid.count)
    let cells = CellVectors(
      grid: grid, vectors: Matrix(rows: grid.count, columns: 3, chance.floats(3 * grid.count)))
    let (found, side) = cells.averaged(atMost: limit)
    func squares(_ side: Int) -> (rows: Int, columns: Int) {
      ((grid.rows + side - 1) / side, (grid.columns + side - 1) / side)
    }
    #expect(found.grid.rows == squares(side).rows && found.grid.columns == squares(side).columns)
    #expect(found.grid.count <= limit)
    if side > 1 { #expect(squares(side - 1).rows * squares(side - 1).columns > limit) }
    for row in 0..<found.grid.rows {
      for column in 0..<found.grid.columns {
        let inside = (0..<grid.count).filter {
          $0 / grid.columns / side == row && $0 % grid.columns / side == column
        }
        for k in 0..<3 {
          let mean = inside.reduce(0.0) { $0 + Double(cells.vectors[$1, k]) } / Double(inside.count)
          let value = Double(found.vectors[row * found.grid.columns + column, k])
          #expect(abs(value - mean) < 1e-5)
        }
      }
    }
  }

  @Test func `CellVectors: as many as fit are left as they are`() {
    let cells = CellVectors(
      grid: Grid(rows: 2, columns: 3), vectors: Matrix(rows: 6, columns: 1, [1, 2, 3, 4, 5, 6]))
    let (same, side) = cells.averaged(atMost: 6)
    #expect(side == 1 && same.vectors.values == cells.vectors.values)
    #expect(cells.averaged(atMost: 5).cells.vectors.values == [3, 4.5])
    #expect(cells.centred.vectors.values == [-2.5, -1.5, -0.5, 0.5, 1.5, 2.5])
    #expect(cells.mean == [3.5])
  }
}
