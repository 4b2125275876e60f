package import Imaging
package import LinearAlgebra

/// The Euclidean norm of every pixel's vector, `[height · width]`.
///
/// It is not linear in the grids, so every vector is computed once, and none is kept. It does not
/// depend on the query of a similarity, so that it can be cached with the field.
package struct Norms: Sendable {
  package let size: Size
  package let values: [Float]

  package init(of field: FeatureField, workers: ThreadPool? = nil) {
    precondition(field.postProcess == .none, "lengths of vectors that were finished")
    let (interpolator, width) = (field.interpolator, field.shown.width)
    let heights = (0..<field.shown.height).blocks(of: interpolator.block.height)
    let widths = (0..<width).blocks(of: interpolator.block.width)
    // One thread's memory: scratch rows, and a row of pixels of one block.
    let scratch = (0..<workers.members).map { _ in
      (
        interpolator.makeScratch(),
        MutableMatrix(rows: interpolator.block.width, columns: interpolator.dim)
      )
    }
    size = field.shown
    let made: @Sendable (Range<Int>, Int) -> [Float] = { rows, member in
      let (scratch, pixels) = scratch[member]
      var norms = [Float](repeating: 0, count: rows.count * width)
      for columns in widths {
        for row in rows {
          let first = (row - rows.lowerBound) * width
          if row > rows.lowerBound, interpolator.repeats(row) {
            for x in columns { norms[first + x] = norms[first - width + x] }
            continue
          }
          let line = pixels[rows: 0..<columns.count]
          interpolator.interpolate(
            row..<row + 1, columns, into: line, rowStride: columns.count, scratch: scratch)
          norms.replaceSubrange(
            first + columns.lowerBound..<first + columns.upperBound,
            with: RowKernels.current.norms(of: line.view))
        }
      }
      return norms
    }
    // Some at a time: all parts beside the whole would be the same values twice.
    var values: [Float] = []
    values.reserveCapacity(field.shown.width * field.shown.height)
    for some in heights.indices.blocks(of: Norms.partsAtOnce) {
      for part in workers.map(some.count, { made(heights[some.lowerBound + $0], $1) }) {
        values += part
      }
    }
    self.values = values
  }

  private static let partsAtOnce = 64
}

extension FeatureField {
  /// The cosine between every pixel's vector and a query of `dim` values, `[1, height · width]`.
  ///
  /// The product with the query is linear and acts on the grids; the norms are given. 0 where
  /// either vector is zero. For several points, the query is their vectors' mean.
  package func similarity(to query: [Float], norms: Norms, workers: ThreadPool? = nil) -> Matrix {
    precondition(norms.size == shown, "norms of \(norms.size) for \(shown)")
    let direction = MutableMatrix(rows: 1, columns: query.count, query)
    RowKernels.current.normalise(direction.all)
    let width = shown.width
    let map = MutableMatrix(rows: 1, columns: width * shown.height)
    _ = projected(onto: direction.frozen(), workers: workers).strips(workers) { rows, products in
      let pixels = rows.lowerBound * width..<rows.upperBound * width
      let cosines = zip(products.values, norms.values[pixels]).map { product, norm in
        norm == 0 ? 0 : max(-1, min(1, product / norm))
      }
      map[rows: 0..<1, columns: pixels].copy(Matrix(rows: 1, columns: pixels.count, cosines).all)
    }
    return map.frozen()
  }

  /// The mean of some pixels' vectors, `[dim]`: the query for pixels similar to them.
  package func mean(of points: [(x: Int, y: Int)], workers: ThreadPool? = nil) -> [Float] {
    precondition(!points.isEmpty, "the mean of no points")
    let samples = MutableMatrix(rows: points.count, columns: dim)
    sample(points, into: samples.all, workers: workers)
    let mean = MutableMatrix(rows: 1, columns: dim)
    RowKernels.current.combine(
      points.indices.map { samples.view[rows: $0..<$0 + 1] },
      weights: Array(repeating: 1 / Float(points.count), count: points.count), into: mean.all)
    return mean.values
  }
}
