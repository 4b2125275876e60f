package import Imaging
package import LinearAlgebra

/// One vector for each patch of one view, as the encoder gave them.
package struct FeatureMap: Sendable {
  package let grid: Grid
  /// `[grid.count, dim]`, the grid row after row.
  package let vectors: Matrix

  package init(grid: Grid, vectors: Matrix) {
    precondition(grid.count == vectors.rows, "\(vectors.rows) vectors, \(grid)")
    self.grid = grid
    self.vectors = vectors
  }

  package var dim: Int { vectors.columns }
}
