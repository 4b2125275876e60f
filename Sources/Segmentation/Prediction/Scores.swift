package import Imaging
package import LinearAlgebra

/// The scores of an image's pixels, one plane for each class, `[classes, height · width]`.
package struct Scores: Sendable {
  package let size: Size
  /// The class of each plane, ascending.
  package let ids: [UInt8]
  package let planes: Matrix

  package init(size: Size, ids: [UInt8], planes: Matrix) {
    precondition(
      !ids.isEmpty && planes.rows == ids.count && planes.columns == size.width * size.height,
      "[\(planes.rows), \(planes.columns)] for \(ids.count) classes over \(size)")
    (self.size, self.ids, self.planes) = (size, ids, planes)
  }

  /// The class of the largest score, of equal ones the first.
  package func labels(workers: ThreadPool? = nil) -> LabelImage {
    let parts = blocks.ranges
    let labels = workers.map(parts.count) { [self] index, _ in
      ScoreKernels.current.labels(of: part(parts[index]), names: ids)
    }
    return LabelImage(size: size, ids: labels.flatMap { $0 })
  }

  /// The probabilities: the softmax of the scores.
  package func probabilities(workers: ThreadPool? = nil) -> Probabilities {
    let copy = MutableMatrix(rows: planes.rows, columns: planes.columns)
    let parts = blocks.ranges
    workers.forEach(parts.count) { [self] index, _ in
      let target = copy[rows: 0..<planes.rows, columns: parts[index]]
      target.copy(part(parts[index]))
      ScoreKernels.current.softmax(planes: target)
    }
    return Probabilities(size: size, ids: ids, planes: copy.frozen())
  }

  /// The scores with a constant added to each class's.
  package func shifted(by constants: [Float]) -> Scores {
    precondition(constants.count == ids.count, "\(constants.count) for \(ids.count) classes")
    let copy = MutableMatrix(rows: planes.rows, columns: planes.columns)
    for k in ids.indices {
      let row = copy[rows: k..<k + 1]
      row.fill(constants[k])
      RowKernels.current.combine(
        [planes[rows: k..<k + 1], row.view], weights: [1, 1], into: row)
    }
    return Scores(size: size, ids: ids, planes: copy.frozen())
  }

  private var blocks: Blocks { Blocks(of: planes.columns, atMost: 1 << 15) }

  private func part(_ pixels: Range<Int>) -> MatrixView {
    planes[rows: 0..<planes.rows, columns: pixels]
  }
}

/// How likely each class is at each pixel, `[classes, height · width]`; they add up to one.
package struct Probabilities: Sendable {
  package let size: Size
  package let ids: [UInt8]
  package let planes: Matrix

  package init(size: Size, ids: [UInt8], planes: Matrix) {
    precondition(
      !ids.isEmpty && planes.rows == ids.count && planes.columns == size.width * size.height,
      "[\(planes.rows), \(planes.columns)] for \(ids.count) classes over \(size)")
    (self.size, self.ids, self.planes) = (size, ids, planes)
  }

  /// `⌊255 · p + ½⌋`, class after class, `[classes, height · width]`.
  package func bytes(workers: ThreadPool? = nil) -> [UInt8] {
    workers.map(ids.count) { [planes] k, _ in
      ScoreKernels.current.bytes(of: planes[rows: k..<k + 1])
    }.flatMap { $0 }
  }

  /// How unsure each pixel is of its class, 0…1, `[1, height · width]`.
  package func uncertainty(
    _ kind: ScoreKernels.Uncertainty, workers: ThreadPool? = nil
  ) -> Matrix {
    let out = MutableMatrix(rows: 1, columns: planes.columns)
    let parts = Blocks(of: planes.columns, atMost: 1 << 15).ranges
    workers.forEach(parts.count) { [planes] index, _ in
      ScoreKernels.current.uncertainty(
        kind, of: planes[rows: 0..<planes.rows, columns: parts[index]],
        into: out[rows: 0..<1, columns: parts[index]])
    }
    return out.frozen()
  }

  /// The mean of each class's probability over the pixels that `mask` leaves in: soft fractions.
  package func means(where mask: [Bool]? = nil) -> [Double] {
    ids.indices.map { k in
      var (sum, count) = (0.0, 0)
      for (place, value) in planes.row(k).enumerated() where mask?[place] ?? true {
        sum += Double(value)
        count += 1
      }
      return sum / Double(max(count, 1))
    }
  }
}
