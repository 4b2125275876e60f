/// A block of a matrix in the making, where it lies, to be written, `[rows, columns]`.
package struct MutableMatrixView: Sendable {
  private let matrix: MutableMatrix
  private let block: MatrixBlock

  fileprivate init(_ matrix: MutableMatrix, _ block: MatrixBlock) {
    (self.matrix, self.block) = (matrix, block)
  }

  package var rows: Int { block.rows }
  package var columns: Int { block.columns }
  /// Values from one row to the next.
  var stride: Int { block.stride }
  var shape: [Int] { block.shape }

  // SAFETY: the block lies inside its matrix, checked when it was cut.
  var base: UnsafeMutablePointer<Float> { unsafe matrix.base + block.offset }

  /// Whether the rows follow one another without gaps.
  package var isDense: Bool { block.isDense }

  /// The same block, to be read.
  package var view: MatrixView { MatrixView(matrix, block) }

  package subscript(rows rows: Range<Int>) -> MutableMatrixView {
    MutableMatrixView(matrix, block[rows: rows])
  }

  package subscript(columns columns: Range<Int>) -> MutableMatrixView {
    MutableMatrixView(matrix, block[columns: columns])
  }

  /// Every `step`-th row of the block.
  package func everyRow(_ step: Int, from first: Int) -> MutableMatrixView {
    MutableMatrixView(matrix, block.everyRow(step, from: first))
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

extension MutableMatrix {
  private var block: MatrixBlock { MatrixBlock(rows: rows, columns: columns) }

  /// The whole matrix, to be read.
  package var view: MatrixView { MatrixView(self, block) }

  /// The whole matrix, to be written.
  package var all: MutableMatrixView { MutableMatrixView(self, block) }

  package subscript(rows rows: Range<Int>) -> MutableMatrixView { all[rows: rows] }

  package subscript(rows rows: Range<Int>, columns columns: Range<Int>) -> MutableMatrixView {
    MutableMatrixView(self, block[rows: rows][columns: columns])
  }

  /// Every `step`-th row: one column of a grid whose patches are rows, to be written.
  package func everyRow(_ step: Int, from first: Int) -> MutableMatrixView {
    all.everyRow(step, from: first)
  }
}
