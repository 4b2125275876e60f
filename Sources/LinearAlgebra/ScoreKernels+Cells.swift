import CVectorKernels

/// Which cells each position of an axis is mixed from, and how much of each.
package struct MixedPositions: Sendable {
  /// `[positions]`; no position's second cell is before its first.
  package let first: [Int32]
  package let second: [Int32]
  /// From 0, `[positions]`; a position's two sum to one.
  package let firstWeights: [Float]
  package let secondWeights: [Float]
  /// Cells along the axis.
  package let cells: Int

  package init(
    of cells: Int, first: [Int32], second: [Int32], firstWeights: [Float], secondWeights: [Float]
  ) {
    precondition(
      second.count == first.count && firstWeights.count == first.count
        && secondWeights.count == first.count, "\(first.count) positions")
    precondition(
      zip(first, second).allSatisfy { 0 <= $0 && $0 <= $1 && Int($1) < cells },
      "a cell beyond \(cells)")
    (self.first, self.second) = (first, second)
    (self.firstWeights, self.secondWeights, self.cells) = (firstWeights, secondWeights, cells)
  }

  package var count: Int { first.count }

  /// Whether a row of `[cells, classes]` is one of the cells.
  fileprivate func fits(_ row: MatrixView) -> Bool { row.isDense && row.rows == cells }
}

extension ScoreKernels {
  /// The labels of bands of pixels, with the weights that cells have in each label's pixels.
  package struct Labelled: Sendable {
    /// `[pixels]`.
    package fileprivate(set) var labels: [UInt8] = []
    /// `[rows of cells, cells, classes]`.
    package fileprivate(set) var weights: [Double]
    /// Pixels of each class.
    package fileprivate(set) var counts: [Int64]

    package init(rowsOfCells: Int, cells: Int, classes: Int) {
      weights = Array(repeating: 0, count: rowsOfCells * cells * classes)
      counts = Array(repeating: 0, count: classes)
    }
  }

  /// Adds a band of pixels between two rows of cells: each has the class of the largest score, of
  /// equal ones the first.
  ///
  /// `upper` and `lower` are rows of scores, `[cells, classes]`, `places` their places among the rows
  /// of cells that are labelled, `above` and `below` the weights of both for each row of the band.
  /// `margin` is more than rounding changes a score by.
  package func label(
    _ columns: MixedPositions, above: [Float], below: [Float], upper: MatrixView,
    lower: MatrixView, at places: (upper: Int, lower: Int), margin: Float,
    into labelled: inout Labelled
  ) {
    let (classes, width, rows) = (upper.columns, columns.count, above.count)
    let line = upper.rows * classes
    precondition(
      columns.fits(upper) && columns.fits(lower) && lower.columns == classes
        && (1...256).contains(classes) && below.count == rows
        && labelled.counts.count == classes && places.upper >= 0 && places.lower >= 0
        && (max(places.upper, places.lower) + 1) * line <= labelled.weights.count,
      "\(rows) rows of \(width) pixels by [\(upper.rows), \(classes)]")
    let begin = labelled.labels.count
    labelled.labels += [UInt8](repeating: 0, count: rows * width)
    guard rows * width > 0 else { return }
    // SAFETY: the cells of every position lie in both rows of scores and, by their places, in the
    // sums; the weights and labels have the lengths checked above, and both are ours to write.
    unsafe labelled.labels.withUnsafeMutableBufferPointer { labels in
      unsafe labelled.weights.withUnsafeMutableBufferPointer { weights in
        guard let labels = labels.baseAddress, let weights = weights.baseAddress else { return }
        unsafe table.pointee.label_band(
          classes, width, rows, columns.first, columns.second, columns.firstWeights,
          columns.secondWeights, above, below, upper.base, lower.base, margin, labels + begin,
          weights + places.upper * line, weights + places.lower * line, &labelled.counts)
      }
    }
    withExtendedLifetime((upper, lower)) {}
  }
}
