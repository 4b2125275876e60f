package import Imaging
package import LinearAlgebra

/// One vector per patch of one view, as the encoder gives them.
package struct FeatureMap: Sendable {
  package let grid: Grid
  /// `[grid.count, dim]`, the grid in row-major order.
  package let vectors: Matrix

  package init(grid: Grid, vectors: Matrix) {
    precondition(grid.count == vectors.rows, "\(vectors.rows) vectors, \(grid)")
    self.grid = grid
    self.vectors = vectors
  }

  package var dim: Int { vectors.columns }
}
