/// A row-major matrix of float32 that never changes, `[rows, columns]`.
@safe package final class Matrix: Sendable {
  private let made: MutableMatrix

  /// What `made` holds, which cannot be written any more.
  init(freezing made: MutableMatrix) {
    made.freeze()
    self.made = made
  }

  /// A matrix of zeros.
  package convenience init(rows: Int, columns: Int) {
    self.init(freezing: MutableMatrix(rows: rows, columns: columns))
  }

  package convenience init(rows: Int, columns: Int, _ values: [Float]) {
    self.init(freezing: MutableMatrix(rows: rows, columns: columns, values))
  }

  /// A matrix of whole numbers, row after row.
  package convenience init(rows: Int, columns: Int, levels values: [UInt8]) {
    precondition(values.count == rows * columns, "\(values.count) values, \(rows) × \(columns)")
    let made = MutableMatrix(rows: rows, columns: columns)
    let target = unsafe made.base
    for place in values.indices {
      unsafe target[place] = Float(values[place])  // SAFETY: there is room for all, checked above.
    }
    self.init(freezing: made)
  }

  /// A matrix whose values' bytes `fill` writes, little-endian, row after row; `nil` where it says
  /// that it did not.
  package convenience init?(
    rows: Int, columns: Int, filledBy fill: (inout MutableRawSpan) -> Bool
  ) {
    let made = MutableMatrix(rows: rows, columns: columns)
    // SAFETY: there is room for rows × columns values of four bytes, any of which is a float.
    var bytes = unsafe MutableRawSpan(_unsafeStart: made.base, byteCount: 4 * rows * columns)
    guard fill(&bytes) else { return nil }
    self.init(freezing: made)
  }

  package var rows: Int { made.rows }
  package var columns: Int { made.columns }
  package var count: Int { made.count }

  // SAFETY: valid as long as the matrix, of which this is a part.
  var base: UnsafePointer<Float> { unsafe made.address }

  package subscript(row: Int, column: Int) -> Float {
    made[row, column]
  }

  /// The whole matrix.
  package var all: MatrixView { made.view }

  /// A copy of all values, row after row.
  package var values: [Float] { all.values }

  /// A copy of one row, `[columns]`.
  package func row(_ index: Int) -> [Float] {
    all[rows: index..<index + 1].values
  }

  package subscript(rows rows: Range<Int>) -> MatrixView { all[rows: rows] }

  package subscript(rows rows: Range<Int>, columns columns: Range<Int>) -> MatrixView {
    all[rows: rows][columns: columns]
  }

  /// Every `step`-th row: one column of a grid whose patches are rows.
  package func everyRow(_ step: Int, from first: Int) -> MatrixView {
    all.everyRow(step, from: first)
  }
}
