/// Where a block lies in a matrix, `[rows, columns]`: its rows are `stride` values apart.
struct MatrixBlock: Sendable {
  private(set) var rows: Int
  private(set) var columns: Int
  private(set) var offset = 0
  /// Values from one row to the next.
  private(set) var stride: Int

  /// The whole of a matrix.
  init(rows: Int, columns: Int) {
    (self.rows, self.columns, stride) = (rows, columns, columns)
  }

  var shape: [Int] { [rows, columns] }

  /// Whether the rows follow one another without gaps.
  var isDense: Bool { stride == columns || rows <= 1 }

  subscript(rows range: Range<Int>) -> MatrixBlock {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= rows, "rows \(range) of [\(rows), \(columns)]")
    var part = self
    (part.rows, part.offset) = (range.count, offset + range.lowerBound * stride)
    return part
  }

  subscript(columns range: Range<Int>) -> MatrixBlock {
    precondition(
      range.lowerBound >= 0 && range.upperBound <= columns,
      "columns \(range) of [\(rows), \(columns)]")
    var part = self
    (part.columns, part.offset) = (range.count, offset + range.lowerBound)
    return part
  }

  /// Every `step`-th row.
  func everyRow(_ step: Int, from first: Int) -> MatrixBlock {
    precondition(step > 0 && first >= 0 && first < rows, "row \(first) of \(rows)")
    var part = self
    (part.rows, part.stride) = ((rows - first + step - 1) / step, step * stride)
    part.offset = offset + first * stride
    return part
  }
}
