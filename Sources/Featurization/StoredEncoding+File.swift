import Cache
import Encoders
import Imaging
import LinearAlgebra

/// The numbers of one view in a file of the store, little-endian: vectors, class token, attention,
/// logits.
extension StoredEncoding {
  func append(to writer: inout EntryWriter) {
    switch vectors {
    case .float32(let matrix): writer.append(matrix.values.span)
    case .float16(let halves): writer.append(halves.bytes)
    }
    writer.append(classToken.span)
    writer.append(classAttention.values.values.span)
    writer.append(logits.span)
  }

  /// The sizes that a file's description gives.
  struct Shape: Sendable, Codable {
    let dim: Int
    let classes: Int
    let heads: Int
  }

  var shape: Shape {
    Shape(dim: dim, classes: logits.count, heads: classAttention.heads)
  }

  /// Reads what `append` wrote; the bytes are verified, their meaning is not.
  ///
  /// No memory is allocated beyond the bytes that are left.
  init?(
    _ grid: Grid, _ shape: Shape, as type: FieldRequest.StorageType, from entry: inout EntryReader
  ) {
    guard let vectors = entry.vectors(grid.count, shape.dim, as: type),
      let classToken = entry.numbers(Float.self, shape.dim),
      let attention = entry.matrix(
        grid.count, shape.heads * ClassAttention.Kind.allCases.count),
      let logits = entry.numbers(Float.self, shape.classes)
    else { return nil }
    self.init(
      grid: grid, vectors: vectors, classToken: classToken,
      classAttention: ClassAttention(grid: grid, values: attention), logits: logits)
  }
}

extension EntryReader {
  fileprivate mutating func vectors(
    _ rows: Int, _ columns: Int, as storageType: FieldRequest.StorageType
  ) -> StoredMatrix? {
    switch storageType {
    case .float32: return matrix(rows, columns).map(StoredMatrix.float32)
    case .float16:
      guard holds(rows, columns, of: 2), let halves = numbers(UInt8.self, 2 * rows * columns)
      else { return nil }
      return .float16(HalfMatrix(rows: rows, columns: columns, littleEndian: halves))
    }
  }

  fileprivate mutating func matrix(_ rows: Int, _ columns: Int) -> Matrix? {
    guard holds(rows, columns, of: 4) else { return nil }
    return Matrix(rows: rows, columns: columns) { read(into: &$0) }
  }

  /// Whether rows · columns numbers of `size` bytes are left.
  private func holds(_ rows: Int, _ columns: Int, of size: Int) -> Bool {
    let (count, overflows) = rows.multipliedReportingOverflow(by: columns)
    return rows >= 0 && columns >= 0 && !overflows && count <= remaining / size
  }
}
