import LinearAlgebra

/// Factors that make the parts of vectors count alike: layers of one pass differ in their values'
/// size, and a ridge would leave nearly all to the largest.
///
/// Each part is multiplied so that its variance over the rows, summed over its dimensions, is that of
/// the least varied part. A single part stays as it is.
struct PartScales: Sendable {
  /// One for each part, at most 1.
  let factors: [Float]
  let parts: [Int]

  init(of rows: Matrix, parts: [Int]) {
    self.parts = parts
    guard parts.count > 1 else {
      factors = parts.map { _ in 1 }
      return
    }
    let statistics = ColumnStatistics(of: rows)
    var (sums, end) = ([Double](), 0)
    for part in parts {
      sums.append(statistics.variances[end..<end + part].reduce(0, +))
      end += part
    }
    let least = sums.filter { $0 > 0 }.min() ?? 1
    factors = sums.map { $0 > 0 ? Float((least / $0).squareRoot()) : 1 }
  }

  /// The factor of each dimension, `[dim]`.
  var byColumn: [Float] { zip(factors, parts).flatMap { Array(repeating: $0, count: $1) } }

  /// Writes the rows, each part multiplied.
  func apply(to rows: Matrix, into out: MutableMatrixView) {
    var end = 0
    for (factor, part) in zip(factors, parts) {
      let columns = end..<end + part
      end += part
      guard factor != 1 else {
        out[columns: columns].copy(rows[rows: 0..<rows.rows, columns: columns])
        continue
      }
      let scaled = MutableMatrix(rows: rows.rows, columns: part)
      scaled.all.copy(rows[rows: 0..<rows.rows, columns: columns])
      RowKernels.current.combine([scaled.view], weights: [factor], into: scaled.all)
      out[columns: columns].copy(scaled.view)
    }
  }
}
