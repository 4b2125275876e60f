/// A block of a matrix, `[rows, columns]`, where it lies: its rows are `stride` values apart.
package struct MatrixView: Sendable {
  package let matrix: Matrix
  package let rows: Int
  package let columns: Int
  let offset: Int
  /// Values from one row to the next.
  let stride: Int

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
    stride = matrix.columns
    offset = rows.lowerBound * stride + columns.lowerBound
  }

  fileprivate init(_ view: MatrixView, every step: Int, from first: Int) {
    precondition(step > 0 && first >= 0 && first < view.rows, "row \(first) of \(view.rows)")
    matrix = view.matrix
    rows = (view.rows - first + step - 1) / step
    columns = view.columns
    stride = step * view.stride
    offset = view.offset + first * view.stride
  }

  fileprivate init(_ view: MatrixView, rows: Range<Int>, columns: Range<Int>) {
    precondition(
      rows.lowerBound >= 0 && rows.upperBound <= view.rows && columns.lowerBound >= 0
        && columns.upperBound <= view.columns,
      "[\(rows), \(columns)] of [\(view.rows), \(view.columns)]")
    matrix = view.matrix
    self.rows = rows.count
    self.columns = columns.count
    stride = view.stride
    offset = view.offset + rows.lowerBound * view.stride + columns.lowerBound
  }
}

extension MatrixView {
  var shape: [Int] { [rows, columns] }

  package subscript(rows rows: Range<Int>) -> MatrixView {
    MatrixView(self, rows: rows, columns: 0..<columns)
  }

  package subscript(columns columns: Range<Int>) -> MatrixView {
    MatrixView(self, rows: 0..<rows, columns: columns)
  }

  /// Every `step`-th row of the block.
  package func everyRow(_ step: Int, from first: Int) -> MatrixView {
    MatrixView(self, every: step, from: first)
  }

  /// Sets every value.
  package func fill(_ value: Float) {
    for row in 0..<rows {
      // SAFETY: `columns` values of a row inside the block.
      unsafe (base + row * stride).update(repeating: value, count: columns)
    }
  }

  /// Raises every value to another block's where that is larger.
  package func raise(to other: MatrixView) {
    precondition(shape == other.shape, "\(other.shape) to \(shape)")
    for row in 0..<rows {
      // SAFETY: `columns` values of a row inside either block.
      let (from, to) = unsafe (other.base + row * other.stride, base + row * stride)
      for column in 0..<columns {
        unsafe to[column] = max(to[column], from[column])
      }
    }
  }

  /// Copies another block of the same shape.
  package func copy(_ other: MatrixView) {
    precondition(rows == other.rows && columns == other.columns, "\(other.shape) to \(shape)")
    for row in 0..<rows {
      // SAFETY: `columns` values of a row inside either block.
      unsafe (base + row * stride).update(
        from: other.base + row * other.stride, count: columns)
    }
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

  /// Every `step`-th row: one column of a grid whose patches are rows.
  package func everyRow(_ step: Int, from first: Int) -> MatrixView {
    all.everyRow(step, from: first)
  }
}
