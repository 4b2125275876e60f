import LinearAlgebra

/// A block inside a larger matrix whose margin must stay as it is.
struct FramedBlock {
  private static let mark: Float = 12345.5
  private static let (top, left) = (1, 2)
  let rows: Int
  let columns: Int
  private let matrix: MutableMatrix

  /// `values` are those of the block, row after row.
  init(_ rows: Int, _ columns: Int, _ values: [Float]) {
    (self.rows, self.columns) = (rows, columns)
    matrix = MutableMatrix(rows: rows + 2, columns: columns + 5)
    matrix.all.fill(FramedBlock.mark)
    all.copy(Matrix(rows: rows, columns: columns, values).all)
  }

  init(_ rows: Int, _ columns: Int) {
    self.init(rows, columns, [Float](repeating: .nan, count: rows * columns))
  }

  /// The block, to be read.
  var view: MatrixView { all.view }

  /// The block, to be written.
  var all: MutableMatrixView {
    matrix[
      rows: FramedBlock.top..<FramedBlock.top + rows,
      columns: FramedBlock.left..<FramedBlock.left + columns]
  }

  /// A copy of the block, row after row.
  var values: [Float] { view.values }

  var isFrameIntact: Bool {
    let marks = matrix.values.filter { $0 == FramedBlock.mark }.count
    return marks == matrix.count - rows * columns
  }
}

extension Matrix {
  static func row(_ values: [Float]) -> Matrix { MutableMatrix.row(values).frozen() }
}

extension MutableMatrix {
  static func row(_ values: [Float]) -> MutableMatrix {
    MutableMatrix(rows: 1, columns: values.count, values)
  }
}

/// The largest difference from what was expected, each divided by its allowance; a value that is
/// no number counts as infinite.
func worst(
  _ found: [Float], _ expected: [Double], allowing allowance: (Int) -> Double = { _ in 1 }
) -> Double {
  guard found.count == expected.count else { return .infinity }
  return found.indices.reduce(0) { worst, index in
    let error = abs(Double(found[index]) - expected[index]) / allowance(index)
    return error.isNaN ? .infinity : max(worst, error)
  }
}
