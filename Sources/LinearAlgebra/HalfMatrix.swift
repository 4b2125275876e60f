import CVectorKernels

/// A row-major matrix of IEEE 754 binary16 in half the memory of a `Matrix`, `[rows, columns]`.
package struct HalfMatrix: Sendable {
  package let rows: Int
  package let columns: Int
  /// Row after row, little-endian.
  package let bytes: [UInt8]

  /// The nearest halves, ties to even; what lies beyond 65504 becomes infinite.
  package init(nearest values: Matrix) {
    rows = values.rows
    columns = values.columns
    var bytes: [UInt8] = []
    RowKernels.current.appendHalves(of: values.all, to: &bytes)
    self.bytes = bytes
  }

  package init(rows: Int, columns: Int, littleEndian bytes: [UInt8]) {
    precondition(bytes.count == 2 * rows * columns, "\(bytes.count) bytes, \(rows) × \(columns)")
    (self.rows, self.columns, self.bytes) = (rows, columns, bytes)
  }

  /// The same values of all rows or of some, each exactly.
  package func widened(_ rows: Range<Int>? = nil, by kernels: RowKernels = .current) -> Matrix {
    let range = rows ?? 0..<self.rows
    precondition(
      range.lowerBound >= 0 && range.upperBound <= self.rows, "\(range) of \(self.rows) rows")
    let matrix = MutableMatrix(rows: range.count, columns: columns)
    // SAFETY: the bytes are rows × columns halves, of which the range was checked, an array of bytes
    // begins at an even address, and the matrix has room for as many floats.
    unsafe bytes.withUnsafeBytes { source in
      guard let start = source.baseAddress else { return }
      unsafe kernels.table.pointee.floats(
        range.count * columns,
        (start + 2 * range.lowerBound * columns).assumingMemoryBound(to: UInt16.self), matrix.base)
    }
    return matrix.frozen()
  }
}
