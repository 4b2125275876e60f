import COpenBLAS

/// A symmetric positive definite matrix, ready to be divided by.
///
/// Source: LAPACK `dpotrf`, `dpotrs`.
package struct Cholesky: Sendable {
  private let factor: DoubleMatrix

  /// Decomposes a matrix, of which only what lies on and above the diagonal is read,
  /// `[order, order]`; `nil` where it is not positive definite.
  package init?(of matrix: DoubleMatrix) {
    precondition(
      matrix.rows == matrix.columns && matrix.rows > 0 && matrix.rows <= 1 << 14,
      "[\(matrix.rows), \(matrix.columns)]")
    factor = DoubleMatrix(rows: matrix.rows, columns: matrix.columns)
    // SAFETY: two matrices of one shape.
    unsafe factor.base.update(from: matrix.base, count: matrix.count)
    // LAPACK counts by columns: our upper triangle is its lower one.
    var (triangle, n, info) = (CChar(UInt8(ascii: "L")), Int32(matrix.rows), Int32(0))
    var leading = n
    // SAFETY: a square of the order given.
    unsafe dpotrf_(&triangle, &n, factor.base, &leading, &info)
    guard info == 0 else { return nil }
  }

  package var order: Int { factor.rows }

  /// Divides each of some vectors by the matrix, `[vectors, order]`.
  package func solve(_ vectors: [Double]) -> [Double] {
    precondition(vectors.count % order == 0, "\(vectors.count) values of order \(order)")
    var result = vectors
    var (triangle, n, info) = (CChar(UInt8(ascii: "L")), Int32(order), Int32(0))
    var (count, leading, apart) = (Int32(vectors.count / order), n, n)
    // SAFETY: the factor is a square of the order, and the vectors lie one after the other.
    unsafe dpotrs_(&triangle, &n, &count, factor.base, &leading, &result, &apart, &info)
    precondition(info == 0, "dpotrs: \(info)")
    return result
  }
}
