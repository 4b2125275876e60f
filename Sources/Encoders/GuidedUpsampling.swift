package import Imaging
package import LinearAlgebra

/// Upsampling weights for an image's maps, which depend on the image alone.
///
/// Upsampling is linear in the map and the same for all its channels: any linear map of the
/// channels may come before or after. The weights are not those of an interpolation: at a cell they
/// need not sum to one, so that a constant is not preserved and a bias is added after.
package struct GuidedUpsampling: Sendable {
  /// Neighbours along each axis, and all of them.
  package static let side = 7
  package static let taps = side * side
  /// The factor by which one step raises the resolution along each axis.
  static let factor = 2

  /// One doubling: a bicubic one, then a weighted sum of each cell's neighbours.
  package struct Step: Sendable {
    package let grid: Grid
    /// `[grid, taps]`.
    package let weights: Matrix

    package init(grid: Grid, weights: Matrix) {
      precondition(
        weights.rows == grid.count && weights.columns == GuidedUpsampling.taps,
        "[\(weights.rows), \(weights.columns)] for \(grid)")
      (self.grid, self.weights) = (grid, weights)
    }
  }

  /// The grid of the input maps.
  package let grid: Grid
  private let steps: [Step]

  package init(of grid: Grid, _ steps: [Step]) {
    for (step, coarse) in zip(steps, [grid] + steps.map(\.grid)) {
      precondition(step.grid == coarse.doubled, "\(coarse) to \(step.grid)")
    }
    (self.grid, self.steps) = (grid, steps)
  }

  /// The grid of the output maps.
  package var finest: Grid { steps.last?.grid ?? grid }

  /// Bytes of memory.
  package var bytes: Int { steps.reduce(0) { $0 + 4 * $1.weights.count } }

  /// The bytes of a number of doublings of a grid; `nil` on overflow.
  package static func bytes(of grid: Grid, doublings: Int) -> Int? {
    var (cells, sum) = (grid.count, 0)
    for _ in 0..<doublings {
      let (finer, tooFine) = cells.multipliedReportingOverflow(by: factor * factor)
      let (more, tooMany) = finer.multipliedReportingOverflow(by: 4 * taps)
      let (total, tooLarge) = sum.addingReportingOverflow(more)
      guard !tooFine, !tooMany, !tooLarge else { return nil }
      (cells, sum) = (finer, total)
    }
    return sum
  }
}

// MARK: - Application to a map

extension GuidedUpsampling {
  /// Upsamples a map, `[grid, dim] → [finest, dim]`.
  package func callAsFunction(_ map: FeatureMap) -> FeatureMap {
    FeatureMap(
      grid: finest,
      vectors: cells(rows: 0..<finest.rows, columns: 0..<finest.columns, of: map))
  }

  /// Some rows and columns of the upsampled map, computed from only the cells that they depend on.
  ///
  /// A cell has the same bits whatever else is computed with it, `[rows.count · columns.count,
  /// dim]`.
  package func cells(rows: Range<Int>, columns: Range<Int>, of map: FeatureMap) -> Matrix {
    precondition(map.grid == grid, "a map of \(map.grid) for \(grid)")
    return cells(CellWindow(rows: rows, columns: columns), of: map, after: steps.count)
  }

  private func cells(_ window: CellWindow, of map: FeatureMap, after count: Int) -> Matrix {
    guard count > 0 else {
      return gather(window.places(in: map.grid), of: map.vectors)
    }
    let step = steps[count - 1]
    let around = window.grown(by: GuidedUpsampling.side / 2, within: step.grid)
    let coarse = around.halved(within: count > 1 ? steps[count - 2].grid : grid)
    let vectors = cells(coarse.window, of: map, after: count - 1)
    let smooth = MutableMatrix(rows: around.count, columns: map.dim)
    RowKernels.current.expand(vectors.all, by: coarse.doubling(around), into: smooth.all)
    let result = MutableMatrix(rows: window.count, columns: map.dim)
    RowKernels.current.expand(smooth.view, by: step.mixture(window, of: around), into: result.all)
    return result.frozen()
  }
}

extension GuidedUpsampling.Step {
  /// The weights of each cell of a window over the cells around, mirrored at the outermost.
  fileprivate func mixture(_ window: CellWindow, of around: CellWindow) -> SparseRows {
    let (side, margin) = (GuidedUpsampling.side, GuidedUpsampling.side / 2)
    var mixture = SparseRows()
    for row in window.rows {
      let down = (0..<side).map { mirrored(row + $0 - margin, in: grid.rows) }
      for column in window.columns {
        let across = (0..<side).map { mirrored(column + $0 - margin, in: grid.columns) }
        let cell = row * grid.columns + column
        for tap in 0..<GuidedUpsampling.taps {
          mixture.append(
            cell: around.place(down[tap / side], across[tap % side]), weight: weights[cell, tap])
        }
        mixture.endRow()
      }
    }
    return mixture
  }
}

/// An index beyond the first or last cell mirrored inside, repeatedly for few cells.
package func mirrored(_ index: Int, in length: Int) -> Int {
  guard length > 1 else { return 0 }
  let place = abs(index) % (2 * (length - 1))
  return place < length ? place : 2 * (length - 1) - place
}

extension Grid {
  /// The grid with twice as many cells along each axis.
  package var doubled: Grid {
    Grid(
      rows: GuidedUpsampling.factor * rows, columns: GuidedUpsampling.factor * columns)
  }
}
