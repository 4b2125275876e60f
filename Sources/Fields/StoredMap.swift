package import Encoders
package import Imaging
package import LinearAlgebra

/// One vector per patch of one view, as a field keeps them.
package struct StoredMap: Sendable {
  package let grid: Grid
  /// `[grid.count, dim]`, the grid in row-major order.
  package let vectors: StoredMatrix

  package init(grid: Grid, vectors: StoredMatrix) {
    precondition(grid.count == vectors.rows, "\(vectors.rows) vectors, \(grid)")
    (self.grid, self.vectors) = (grid, vectors)
  }

  package init(_ map: FeatureMap) {
    self.init(grid: map.grid, vectors: .float32(map.vectors))
  }

  package var dim: Int { vectors.columns }

  /// The map as float32; a copy where halves are kept.
  package var widened: FeatureMap { FeatureMap(grid: grid, vectors: vectors.widened) }
}
