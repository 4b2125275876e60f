package import Features
package import Imaging
package import LinearAlgebra

/// A learned table of positions, resampled to the grid at hand.
package struct PositionEmbedding: Sendable {
  /// The class token's position, then a square grid's, `[1 + M², dim]`.
  let table: Matrix
  /// M.
  let side: Int
  let rule: ModelCard.PositionRule

  package init(table: Matrix, side: Int, rule: ModelCard.PositionRule) {
    precondition(table.rows == 1 + side * side, "\(table.rows) positions, a grid of side \(side)")
    self.table = table
    self.side = side
    self.rule = rule
  }

  /// `[1, dim]`.
  var ofClassToken: Matrix { Matrix(rows: 1, columns: table.columns, table.row(0)) }

  /// The positions of a grid's patches, `[grid, dim]`.
  ///
  /// The table itself when a square image has as many patches as the table. Source: DINOv2's
  /// `interpolate_pos_encoding`.
  package func patches(_ grid: Grid, of size: Size) -> Matrix {
    let dim = table.columns
    let result = Matrix(rows: grid.count, columns: dim)
    let isAsStored = grid.count == side * side && size.width == size.height
    let vertical = isAsStored ? identity : taps(to: grid.rows)
    let horizontal = isAsStored ? identity : taps(to: grid.columns)
    // Columns first: each row of the table becomes a row as wide as the grid.
    let widened = Matrix(rows: side * grid.columns, columns: dim)
    for row in 0..<side {
      multiply(
        horizontal.all, by: table[rows: 1 + row * side..<1 + (row + 1) * side],
        into: widened[rows: row * grid.columns..<(row + 1) * grid.columns])
    }
    for column in 0..<grid.columns {
      // The patches of one column lie `grid.columns` rows apart.
      multiply(
        vertical.all, by: widened.everyRow(grid.columns, from: column),
        into: result.everyRow(grid.columns, from: column))
    }
    return result
  }

  private var identity: Matrix {
    let matrix = Matrix(rows: side, columns: side)
    for index in 0..<side { matrix[index, index] = 1 }
    return matrix
  }

  /// The weight of each stored position in each new one along an axis, `[length, M]`.
  package func taps(to length: Int) -> Matrix {
    let matrix = Matrix(rows: length, columns: side)
    for index in 0..<length {
      switch rule {
      case .offset: fourTaps(at: index, scale: Double(side) / (Double(length) + 0.1), matrix)
      case .size: fourTaps(at: index, scale: Double(side) / Double(length), matrix)
      case .antialias: antialiasedTaps(at: index, scale: Double(side) / Double(length), matrix)
      case .corners, .bilinear, .fixed, .rotary: preconditionFailure("\(rule) to \(length)")
      }
    }
    return matrix
  }

  /// Four cubic weights; those of positions beyond the edge fall to the edge.
  ///
  /// Source: Keys 1981.
  private func fourTaps(at index: Int, scale: Double, _ matrix: Matrix) {
    let position = (Double(index) + 0.5) * scale - 0.5
    let first = position.rounded(.down)
    for tap in -1...2 {
      let weight = cubic(position - first - Double(tap), a: -0.75)
      matrix[index, min(max(Int(first) + tap, 0), side - 1)] += Float(weight)
    }
  }

  /// Cubic weights widened when the grid shrinks, rescaled to sum to one at the edge.
  ///
  /// Source: PyTorch's `interpolate(antialias=True)`, which follows Pillow.
  private func antialiasedTaps(at index: Int, scale: Double, _ matrix: Matrix) {
    let widening = max(scale, 1)
    let centre = scale * (Double(index) + 0.5)
    let low = max(Int(centre - 2 * widening + 0.5), 0)
    let high = min(Int(centre + 2 * widening + 0.5), side)
    let weights = (low..<high).map { cubic((Double($0) - centre + 0.5) / widening, a: -0.5) }
    let total = weights.reduce(0, +)
    for (offset, weight) in weights.enumerated() {
      matrix[index, low + offset] = Float(weight / total)
    }
  }

  /// The cubic convolution kernel.
  ///
  /// Source: Keys 1981, eq. 4 for the free parameter `a`.
  private func cubic(_ x: Double, a: Double) -> Double {
    let x = abs(x)
    if x <= 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
    return x < 2 ? ((a * x - 5 * a) * x + 8 * a) * x - 4 * a : 0
  }
}
