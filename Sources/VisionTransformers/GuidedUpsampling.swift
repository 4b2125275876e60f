package import Features
import Imaging
package import LinearAlgebra

/// Weights by which an image's maps become finer, and which follow from the image alone.
///
/// What they do to a map is linear in the map and the same for all its channels: any linear map of
/// the channels may come before or after. They are not those of an interpolation: at a cell they
/// need not sum to one, so that a constant does not stay what it is and a bias is added after.
package struct GuidedUpsampling: Sendable {
  /// Neighbours along each axis, and all of them.
  static let side = 7
  static let taps = side * side

  /// One doubling: a bicubic one, then a weighted sum of each cell's neighbours.
  struct Step: Sendable {
    let grid: Grid
    /// `[grid, taps]`.
    let weights: Matrix
  }

  private let steps: [Step]

  init(_ steps: [Step]) {
    self.steps = steps
  }

  /// A finer map, `[grid, channels] → [finest grid, channels]`.
  package func callAsFunction(_ map: FeatureMap, on workers: Workers) -> FeatureMap {
    steps.reduce(map) { map, step in step(map, on: workers) }
  }
}

extension GuidedUpsampling.Step {
  fileprivate func callAsFunction(_ map: FeatureMap, on workers: Workers) -> FeatureMap {
    precondition(
      map.grid.rows * 2 == grid.rows && map.grid.columns * 2 == grid.columns,
      "\(map.grid) to \(grid)")
    let padded = map.doubled(grid).reflected(grid)
    let result = Matrix(rows: grid.count, columns: map.dim)
    let side = GuidedUpsampling.side
    workers.forEach(grid.rows) { y, _ in
      for x in 0..<grid.columns {
        let cell = y * grid.columns + x
        for i in 0..<side {
          let start = (y + i) * (grid.columns + side - 1) + x
          multiply(
            weights[rows: cell..<cell + 1, columns: i * side..<(i + 1) * side],
            by: padded[rows: start..<start + side], into: result[rows: cell..<cell + 1],
            adding: i > 0)
        }
      }
    }
    return FeatureMap(grid: grid, vectors: result)
  }
}

extension FeatureMap {
  /// Bicubically, A = −0.75.
  fileprivate func doubled(_ fine: Grid) -> Matrix {
    let table = PositionEmbedding(table: vectors, prefix: 0, of: grid, rule: .size)
    return table.patches(fine, of: Size(width: fine.columns, height: fine.rows))
  }
}

extension Matrix {
  /// A grid's vectors with three more on every side, mirrored in the outermost.
  func reflected(_ grid: Grid) -> Matrix {
    let margin = GuidedUpsampling.side / 2
    let across = grid.columns + 2 * margin
    let padded = Matrix(rows: (grid.rows + 2 * margin) * across, columns: columns)
    for place in 0..<padded.rows {
      let row = Matrix.mirrored(place / across - margin, in: grid.rows)
      let column = Matrix.mirrored(place % across - margin, in: grid.columns)
      let source = row * grid.columns + column
      padded[rows: place..<place + 1].copy(self[rows: source..<source + 1])
    }
    return padded
  }

  /// A place of few cells is mirrored again and again.
  private static func mirrored(_ index: Int, in length: Int) -> Int {
    guard length > 1 else { return 0 }
    let place = abs(index) % (2 * (length - 1))
    return place < length ? place : 2 * (length - 1) - place
  }
}
