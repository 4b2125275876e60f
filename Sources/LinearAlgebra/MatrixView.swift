/// A block of a matrix where it lies, to be read, `[rows, columns]`.
package struct MatrixView: Sendable {
  private let matrix: MutableMatrix
  private let block: MatrixBlock

  init(_ matrix: MutableMatrix, _ block: MatrixBlock) {
    (self.matrix, self.block) = (matrix, block)
  }

  package var rows: Int { block.rows }
  package var columns: Int { block.columns }
  /// Values from one row to the next.
  var stride: Int { block.stride }
  var shape: [Int] { block.shape }

  // SAFETY: the block lies inside its matrix, checked when it was cut.
  var base: UnsafePointer<Float> { unsafe matrix.address + block.offset }

  /// Whether the rows follow one another without gaps.
  package var isDense: Bool { block.isDense }

  package subscript(rows rows: Range<Int>) -> MatrixView {
    MatrixView(matrix, block[rows: rows])
  }

  package subscript(columns columns: Range<Int>) -> MatrixView {
    MatrixView(matrix, block[columns: columns])
  }

  package subscript(rows rows: Range<Int>, columns columns: Range<Int>) -> MatrixView {
    MatrixView(matrix, block[rows: rows][columns: columns])
  }

  /// Every `step`-th row of the block.
  package func everyRow(_ step: Int, from first: Int) -> MatrixView {
    MatrixView(matrix, block.everyRow(step, from: first))
  }

  /// A copy of all values, row after row.
  package var values: [Float] {
    var values: [Float] = []
    values.reserveCapacity(rows * columns)
    for row in 0..<rows {
      // SAFETY: the row lies inside the matrix, checked when the block was cut.
      unsafe values.append(
        contentsOf: UnsafeBufferPointer(start: base + row * stride, count: columns))
    }
    return values
  }

  /// Appends the values' bytes, little-endian float32, row after row.
  package func appendFloats(to bytes: inout [UInt8]) {
    bytes.reserveCapacity(bytes.count + rows * columns * 4)
    for row in 0..<rows {
      // SAFETY: the row lies inside the matrix; Linux runs this on little-endian CPUs alone.
      unsafe bytes.append(
        contentsOf: UnsafeRawBufferPointer(start: base + row * stride, count: columns * 4))
    }
  }
}
