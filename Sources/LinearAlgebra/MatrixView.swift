/// A block of a matrix, `[rows, columns]`, where it lies: its rows are `stride` values apart.
package struct MatrixView: Sendable {
  package let matrix: Matrix
  package let rows: Int
  package let columns: Int
  let offset: Int

  /// Values from one row to the next.
  package var stride: Int { matrix.columns }

  // SAFETY: the block lies inside its matrix, checked when it was cut.
  var base: UnsafeMutablePointer<Float> { unsafe matrix.base + offset }

  fileprivate init(_ matrix: Matrix, rows: Range<Int>, columns: Range<Int>) {
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= matrix.rows && columns.lowerBound >= 0
        && columns.upperBound <= matrix.columns,
      "[\(rows), \(columns)] of [\(matrix.rows), \(matrix.columns)]")
    self.matrix = matrix
    self.rows = rows.count
    self.columns = columns.count
    offset = rows.lowerBound * matrix.columns + columns.lowerBound
  }
}

extension Matrix {
  /// The whole matrix.
  package var all: MatrixView { MatrixView(self, rows: 0..<rows, columns: 0..<columns) }

  package subscript(rows rows: Range<Int>) -> MatrixView {
    MatrixView(self, rows: rows, columns: 0..<columns)
  }

  package subscript(rows rows: Range<Int>, columns columns: Range<Int>) -> MatrixView {
    MatrixView(self, rows: rows, columns: columns)
  }
}
