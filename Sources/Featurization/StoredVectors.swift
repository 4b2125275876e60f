import LinearAlgebra

/// A view's vectors in the making, `[rows, columns]`, in the type that they are stored as.
struct StoredVectors {
  let columns: Int
  private let rows: Int
  private let floats: MutableMatrix?
  private var halves: [UInt8] = []

  init(rows: Int, columns: Int, as type: FieldRequest.StorageType) {
    (self.rows, self.columns) = (rows, columns)
    switch type {
    case .float32: floats = MutableMatrix(rows: rows, columns: columns)
    case .float16:
      floats = nil
      halves = Array(repeating: 0, count: 2 * rows * columns)
    }
  }

  /// Writes one row, `[1, columns]`.
  mutating func write(_ vector: MatrixView, at row: Int) {
    if let floats {
      floats[rows: row..<row + 1].copy(vector)
    } else {
      var bytes: [UInt8] = []
      RowKernels.current.appendHalves(of: vector, to: &bytes)
      halves.replaceSubrange(2 * row * columns..<2 * (row + 1) * columns, with: bytes)
    }
  }

  /// The vectors, of which no more is written.
  var vectors: StoredMatrix {
    floats.map { .float32($0.frozen()) }
      ?? .float16(HalfMatrix(rows: rows, columns: columns, littleEndian: halves))
  }
}
