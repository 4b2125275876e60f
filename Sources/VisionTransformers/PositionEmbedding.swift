package import Encoders
package import Imaging
package import LinearAlgebra

/// A learned position table, resampled to the image's grid.
package struct PositionEmbedding: Sendable {
  /// The positions of the prefix tokens, then those of a grid, `[prefix + grid, dim]`.
  let table: Matrix
  let prefix: Int
  let stored: Grid
  let rule: ModelCard.PositionRule

  package init(table: Matrix, prefix: Int = 1, of stored: Grid, rule: ModelCard.PositionRule) {
    self.table = table
    self.prefix = prefix
    self.stored = stored
    self.rule = rule
  }

  /// The position of a prefix token, `[1, dim]`.
  func ofPrefix(_ index: Int) -> Matrix { table.line(index) }

  /// The positions of a grid's patches, `[grid, dim]`.
  ///
  /// The table itself when an image has the table's grid, which DINO and DINOv2 also require to be
  /// square. Source: DINOv2's `interpolate_pos_encoding`.
  package func patches(_ grid: Grid, of size: Size) -> MutableMatrix {
    precondition(table.rows == prefix + stored.count, "\(table.rows) positions, \(stored)")
    let dim = table.columns
    let result = MutableMatrix(rows: grid.count, columns: dim)
    if grid == stored, size.width == size.height || rule != .offset {
      result.all.copy(table[rows: prefix..<table.rows])
      return result
    }
    let vertical = rule.taps(from: stored.rows, to: grid.rows)
    let horizontal = rule.taps(from: stored.columns, to: grid.columns)
    // Columns first: each row of the table becomes a row as wide as the grid.
    let widened = MutableMatrix(rows: stored.rows * grid.columns, columns: dim)
    for row in 0..<stored.rows {
      let start = prefix + row * stored.columns
      multiply(
        horizontal.all, by: table[rows: start..<start + stored.columns],
        into: widened[rows: row * grid.columns..<(row + 1) * grid.columns])
    }
    for column in 0..<grid.columns {
      // The patches of one column are `grid.columns` rows apart.
      multiply(
        vertical.all, by: widened.view.everyRow(grid.columns, from: column),
        into: result.everyRow(grid.columns, from: column))
    }
    return result
  }
}
