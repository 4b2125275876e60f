package import Encoders
package import Imaging
package import LinearAlgebra

/// The vectors of a grid's cells, between which graphs are drawn, `[cells, dim]`.
package struct CellVectors: Sendable {
  package let grid: Grid
  package let vectors: Matrix

  package init(_ map: FeatureMap) {
    (grid, vectors) = (map.grid, map.vectors)
  }

  package init(grid: Grid, vectors: Matrix) {
    precondition(grid.count == vectors.rows, "\(vectors.rows) vectors, \(grid)")
    (self.grid, self.vectors) = (grid, vectors)
  }

  /// `[dim]`.
  package var mean: [Float] {
    let ones = [Double](repeating: 1, count: grid.count)
    return ScoreKernels.current.sums(vectors.all, by: ones, classes: 1)
      .map { Float($0 / Double(grid.count)) }
  }

  /// The same without their mean.
  ///
  /// Vectors of a micrograph have so much in common that all of them are alike without this.
  package var centred: CellVectors {
    let mean = mean
    let out = MutableMatrix(rows: vectors.rows, columns: vectors.columns)
    RowKernels.current.combine(
      [vectors.all], weights: [1], centre: Matrix(rows: 1, columns: mean.count, mean),
      into: out.all)
    return CellVectors(grid: grid, vectors: out.frozen())
  }

  /// The same divided by their lengths; zeros stay zeros.
  package var unit: CellVectors { CellVectors(grid: grid, vectors: vectors.unitRows) }

  /// The means over squares of cells, of the least side that leaves at most `limit` cells.
  package func averaged(atMost limit: Int) -> (cells: CellVectors, side: Int) {
    precondition(limit > 0, "\(limit) cells")
    var side = 1
    func coarse() -> Grid {
      Grid(rows: (grid.rows + side - 1) / side, columns: (grid.columns + side - 1) / side)
    }
    while coarse().count > limit { side += 1 }
    guard side > 1 else { return (self, 1) }
    let found = coarse()
    var mixture = SparseRows()
    for row in 0..<found.rows {
      let rows = row * side..<min((row + 1) * side, grid.rows)
      for column in 0..<found.columns {
        let columns = column * side..<min((column + 1) * side, grid.columns)
        let weight = 1 / Float(rows.count * columns.count)
        for a in rows {
          for b in columns { mixture.append(cell: a * grid.columns + b, weight: weight) }
        }
        mixture.endRow()
      }
    }
    let out = MutableMatrix(rows: found.count, columns: vectors.columns)
    RowKernels.current.expand(vectors.all, by: mixture, into: out.all)
    return (CellVectors(grid: found, vectors: out.frozen()), side)
  }
}
