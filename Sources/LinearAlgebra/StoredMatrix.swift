/// A row-major matrix that is kept as float32, or as halves that are widened some rows at a time when
/// they are read.
package enum StoredMatrix: Sendable {
  case float32(Matrix)
  case float16(HalfMatrix)

  package var rows: Int {
    switch self {
    case .float32(let matrix): matrix.rows
    case .float16(let halves): halves.rows
    }
  }

  package var columns: Int {
    switch self {
    case .float32(let matrix): matrix.columns
    case .float16(let halves): halves.columns
    }
  }

  /// Bytes of memory.
  package var bytes: Int {
    switch self {
    case .float32(let matrix): 4 * matrix.count
    case .float16(let halves): halves.bytes.count
    }
  }

  /// Bytes that `widened` takes in addition.
  package var bytesWidened: Int {
    if case .float16(let halves) = self { 2 * halves.bytes.count } else { 0 }
  }

  /// All of it as float32; a copy where halves are kept.
  package var widened: Matrix {
    switch self {
    case .float32(let matrix): matrix
    case .float16(let halves): halves.widened()
    }
  }

  /// The rows in parts that can be widened one after another; a single part where that is no copy.
  package var parts: [Range<Int>] {
    let length = if case .float32 = self { max(rows, 1) } else { StoredMatrix.rowsAtOnce }
    return stride(from: 0, to: rows, by: length).map { $0..<min($0 + length, rows) }
  }

  private static let rowsAtOnce = 4096

  /// Some rows as float32; a copy where halves are kept.
  package subscript(rows rows: Range<Int>) -> MatrixView {
    switch self {
    case .float32(let matrix): matrix[rows: rows]
    case .float16(let halves): halves.widened(rows).all
    }
  }
}
