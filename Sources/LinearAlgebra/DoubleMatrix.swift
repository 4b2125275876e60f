/// A row-major matrix of float64 that stays at one address, `[rows, columns]`.
///
/// As with `MutableMatrix`, threads that write to it at the same time write to different places.
// SAFETY: writers keep apart as said above; the address and the shape never change.
@safe package final class DoubleMatrix: @unchecked Sendable {
  package let rows: Int
  package let columns: Int
  let base: UnsafeMutablePointer<Double>

  /// A matrix of zeros.
  package init(rows: Int, columns: Int) {
    let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
    precondition(
      rows >= 0 && columns >= 0 && !overflow && count < Int.max / 16,
      "a matrix of \(rows) × \(columns)")
    self.rows = rows
    self.columns = columns
    let bytes = max(count, 8) * MemoryLayout<Double>.stride
    // SAFETY: fresh memory of `bytes` bytes, zeroed, aligned to a cache line, freed in `deinit`.
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 64)
    unsafe memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
    unsafe base = memory.assumingMemoryBound(to: Double.self)
  }

  package convenience init(rows: Int, columns: Int, _ values: [Double]) {
    precondition(values.count == rows * columns, "\(values.count) values, \(rows) × \(columns)")
    self.init(rows: rows, columns: columns)
    // SAFETY: `base` has room for rows × columns values, checked above.
    unsafe values.withUnsafeBufferPointer { source in
      if let start = source.baseAddress { unsafe base.update(from: start, count: values.count) }
    }
  }

  deinit {
    // SAFETY: the memory made in `init`, freed once.
    unsafe UnsafeMutableRawPointer(base).deallocate()
  }

  package var count: Int { rows * columns }

  package subscript(row: Int, column: Int) -> Double {
    get {
      check(row, column)
      return unsafe base[row * columns + column]  // SAFETY: inside, checked.
    }
    set {
      check(row, column)
      unsafe base[row * columns + column] = newValue  // SAFETY: inside, checked.
    }
  }

  /// A copy of all values, row after row.
  package var values: [Double] {
    // SAFETY: `base` holds `count` initialised values.
    unsafe Array(UnsafeBufferPointer(start: base, count: count))
  }

  private func check(_ row: Int, _ column: Int) {
    precondition(
      row >= 0 && row < rows && column >= 0 && column < columns,
      "[\(row), \(column)] of [\(rows), \(columns)]")
  }
}

extension DoubleMatrix {
  /// Lends all values, row after row, to be read and written.
  package func withValues<Result>(_ body: (inout MutableSpan<Double>) -> Result) -> Result {
    // SAFETY: the memory lives as long as this object, which the call keeps.
    var span = unsafe MutableSpan(_unsafeStart: base, count: count)
    return body(&span)
  }
}

// MARK: - Moments of rows

extension DoubleMatrix {
  /// This matrix plus a multiple of another of its shape.
  package func adding(_ scale: Double, _ other: DoubleMatrix) -> DoubleMatrix {
    precondition(
      rows == other.rows && columns == other.columns, "[\(other.rows), \(other.columns)]")
    let sum = DoubleMatrix(rows: rows, columns: columns)
    // SAFETY: three matrices of one shape.
    for i in 0..<count { unsafe sum.base[i] = base[i] + scale * other.base[i] }
    return sum
  }

  /// Adds `share` of the shrunk covariance of rows, given their moments, `[order + 1, order + 1]`.
  ///
  /// `(1 − shrinkage) · Cov + shrinkage · tr(Cov) / order · I`, the covariance biased.
  package func addCovariance(
    of moments: DoubleMatrix, mean: [Double], share: Double, shrinkage: Double
  ) {
    checkMoments(moments, mean.count)
    let total = moments[rows, rows]
    let scale = share * (1 - shrinkage)
    var trace = 0.0
    for i in 0..<rows {
      trace += moments[i, i] / total - mean[i] * mean[i]
      // SAFETY: a row of this matrix, and one of the moments, which has a column more.
      let (to, from) = unsafe (base + i * rows, moments.base + i * (rows + 1))
      for j in 0..<rows { unsafe to[j] += scale * (from[j] / total - mean[i] * mean[j]) }
    }
    for i in 0..<rows { self[i, i] += share * shrinkage * trace / Double(rows) }
  }

  /// Adds the products of rows, given their moments, `[order + 1, order + 1]`.
  package func addScatter(of moments: DoubleMatrix) {
    checkMoments(moments, rows)
    for i in 0..<rows {
      // SAFETY: a row of this matrix, and one of the moments, which has a column more.
      let (to, from) = unsafe (base + i * rows, moments.base + i * (rows + 1))
      for j in 0..<rows { unsafe to[j] += from[j] }
    }
  }

  /// Subtracts `scale · vector · vectorᵀ`.
  package func subtractSquare(of vector: [Double], times scale: Double) {
    precondition(rows == columns && vector.count == rows, "\(vector.count) of [\(rows)]")
    for i in 0..<rows {
      // SAFETY: a row of this matrix.
      let to = unsafe base + i * rows
      for j in 0..<rows { unsafe to[j] -= scale * vector[i] * vector[j] }
    }
  }

  private func checkMoments(_ moments: DoubleMatrix, _ order: Int) {
    precondition(
      rows == columns && order == rows && moments.rows == rows + 1 && moments.columns == rows + 1,
      "moments [\(moments.rows), \(moments.columns)] for [\(rows), \(columns)]")
  }
}
