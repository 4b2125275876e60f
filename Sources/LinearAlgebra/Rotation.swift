/// How far the pairs of values in each head of a row are turned: one angle a pair, for all heads.
package struct Rotation: Sendable {
  /// `[rows, head dim / 2]`, both.
  package let cosines: Matrix
  package let sines: Matrix

  package init(cosines: Matrix, sines: Matrix) {
    precondition(
      cosines.all.shape == sines.all.shape, "\(cosines.all.shape) and \(sines.all.shape)")
    (self.cosines, self.sines) = (cosines, sines)
  }

  /// Turns value i of each head with value i + head dim / 2, `[n, heads · head dim]`, by the angles
  /// of some rows.
  ///
  /// (a, b) → (a cos θ − b sin θ, b cos θ + a sin θ). Source: Su et al. 2021, eq. 34.
  package func turn(_ x: MatrixView, _ rows: Range<Int>, into y: MutableMatrixView) {
    let half = cosines.columns
    precondition(
      x.shape == y.shape && x.rows == rows.count && rows.lowerBound >= 0
        && rows.upperBound <= cosines.rows && half > 0 && x.columns % (2 * half) == 0,
      "\(x.shape) into \(y.shape), \(rows) of \(cosines.rows) rows of \(half) angles")
    for (index, row) in rows.enumerated() {
      // SAFETY: rows and columns inside blocks of the shapes checked above; `y` is ours to write.
      let (c, s) = unsafe (cosines.base + row * half, sines.base + row * half)
      for head in stride(from: 0, to: x.columns, by: 2 * half) {
        let (from, to) = unsafe (
          x.base + index * x.stride + head, y.base + index * y.stride + head
        )
        for i in 0..<half {
          let (a, b) = unsafe (from[i], from[half + i])
          unsafe to[i] = a * c[i] - b * s[i]
          unsafe to[half + i] = b * c[i] + a * s[i]
        }
      }
    }
  }
}
