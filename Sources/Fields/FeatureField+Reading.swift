import Imaging
package import LinearAlgebra

/// Computes pixels on demand.
///
/// A pixel has the same bits in a row, in a region, alone or among others, on any thread.
extension FeatureField {
  /// Computes rows of pixels, `[range.count · width, dim]`.
  package func rows(_ range: Range<Int>, into out: MutableMatrixView, workers: ThreadPool? = nil) {
    region(rows: range, columns: 0..<shown.width, into: out, workers: workers)
  }

  /// Computes a rectangle of pixels, `[rows.count · columns.count, dim]`, and none outside it.
  package func region(
    rows: Range<Int>, columns: Range<Int>, into out: MutableMatrixView, workers: ThreadPool? = nil
  ) {
    check(rows, columns)
    interpolator.fill(rows, columns, into: out, workers: workers)
    guard postProcess != .none else { return }
    let blocks = (0..<out.rows).blocks(of: 4096)
    workers.forEach(blocks.count) { [postProcess] block, _ in
      postProcess.apply(to: out[rows: blocks[block]])
    }
  }

  /// Computes some pixels in the given order, `[points.count, dim]`.
  ///
  /// They are processed from the top, neighbours together, so that nearby cells are read once.
  package func sample(
    _ points: [(x: Int, y: Int)], into out: MutableMatrixView, workers: ThreadPool? = nil
  ) {
    precondition(
      out.rows == points.count && out.columns == dim,
      "\(points.count) points → [\(out.rows), \(out.columns)]")
    for (x, y) in points {
      precondition(
        x >= 0 && x < shown.width && y >= 0 && y < shown.height, "(\(x), \(y)) of \(shown)")
    }
    let order = points.indices.sorted {
      (points[$0].y, points[$0].x) < (points[$1].y, points[$1].x)
    }
    let blocks = order.indices.blocks(of: 64)
    let scratch = (0..<workers.members).map { _ in interpolator.makeScratch() }
    workers.forEach(blocks.count) { [interpolator, postProcess] block, member in
      for place in order[blocks[block]] {
        let (x, y) = points[place]
        let pixel = out[rows: place..<place + 1]
        interpolator.interpolate(
          y..<y + 1, x..<x + 1, into: pixel, rowStride: 1, scratch: scratch[member])
        postProcess.apply(to: pixel)
      }
    }
  }

  /// The vector at one pixel, `[dim]`.
  package func pixel(x: Int, y: Int) -> [Float] {
    let out = MutableMatrix(rows: 1, columns: dim)
    sample([(x, y)], into: out.all)
    return out.values
  }

  /// Passes a rectangle's pixels to `body`, in row-major order, at most `most` at a time.
  ///
  /// All on this thread and in the same memory, `[pixels, dim]`.
  package func forEachPart(
    rows: Range<Int>, columns: Range<Int>, atMost most: Int, _ body: (MatrixView) -> Void
  ) {
    check(rows, columns)
    guard !rows.isEmpty, !columns.isEmpty else { return }
    let width = min(columns.count, most)
    let height = width < columns.count ? 1 : min(rows.count, most / width)
    let (scratch, part) = (
      interpolator.makeScratch(), MutableMatrix(rows: height * width, columns: dim)
    )
    for down in rows.blocks(of: height) {
      for across in columns.blocks(of: width) {
        let pixels = part[rows: 0..<down.count * across.count]
        interpolator.interpolate(
          down, across, into: pixels, rowStride: across.count, scratch: scratch)
        postProcess.apply(to: pixels)
        body(pixels.view)
      }
    }
  }

  private func check(_ rows: Range<Int>, _ columns: Range<Int>) {
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= shown.height && columns.lowerBound >= 0
        && columns.upperBound <= shown.width, "\(rows), \(columns) of \(shown)")
  }

  /// The results of `body` for all pixels, some whole rows at a time, in order, on several threads.
  ///
  /// It receives the rows' range and their pixels, `[rows.count · width, dim]`.
  package func strips<Part: Sendable>(
    _ workers: ThreadPool?, _ body: @escaping @Sendable (Range<Int>, MatrixView) -> Part
  ) -> [Part] {
    let height = max(1, FeatureField.stripValues / (shown.width * dim))
    let strips = (0..<shown.height).blocks(of: height)
    return workers.map(strips.count) { [self] index, _ in
      let pixels = MutableMatrix(rows: strips[index].count * shown.width, columns: dim)
      region(rows: strips[index], columns: 0..<shown.width, into: pixels.all)
      return body(strips[index], pixels.view)
    }
  }

  /// The approximate number of values of one strip: a megabyte of them.
  private static let stripValues = 1 << 18
}
