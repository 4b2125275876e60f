import COpenBLAS

/// A symmetric matrix's eigenvalues, descending, and their unit vectors.
///
/// Source: LAPACK `dsyevd`.
package struct SymmetricEigen: Sendable {
  package enum Failure: Error, Equatable {
    /// A matrix with an infinite or undefined entry.
    case notFinite
    /// LAPACK's `info`.
    case notConverged(info: Int)
  }

  package let values: [Double]
  /// Row i belongs to `values[i]`, `[order, order]`.
  private let vectors: [Double]

  /// Decomposes a matrix of `order` rows and columns; only what lies on and above the diagonal
  /// is read, `[order, order]`.
  package init(of matrix: [Double], order: Int) throws(Failure) {
    precondition(order > 0 && order <= 1 << 14, "order \(order)")
    precondition(matrix.count == order * order, "\(matrix.count) values, order \(order)")
    guard matrix.allSatisfy(\.isFinite) else { throw .notFinite }
    var (vectors, ascending) = (matrix, [Double](repeating: 0, count: order))
    var work = [Double](repeating: 0, count: 1 + 6 * order + 2 * order * order)
    var integers = [Int32](repeating: 0, count: 3 + 5 * order)
    var (n, workCount, integerCount) = (Int32(order), Int32(work.count), Int32(integers.count))
    // LAPACK counts by columns: our upper triangle is its lower one.
    var (job, triangle) = (CChar(UInt8(ascii: "V")), CChar(UInt8(ascii: "L")))
    var leading = n
    var info: Int32 = 0
    // SAFETY: the arrays have the lengths that dsyevd's manual asks for at this order.
    unsafe dsyevd_(
      &job, &triangle, &n, &vectors, &leading, &ascending, &work, &workCount, &integers,
      &integerCount, &info)
    guard info == 0 else { throw .notConverged(info: Int(info)) }
    values = ascending.reversed()
    self.vectors = (0..<order).reversed().flatMap { vectors[$0 * order..<($0 + 1) * order] }
  }

  /// The unit vector of the eigenvalue at `index`, `[order]`, its sign as LAPACK left it.
  package func vector(_ index: Int) -> [Double] {
    Array(vectors[index * values.count..<(index + 1) * values.count])
  }
}
