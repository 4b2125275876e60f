import Cache
import Encoders
import Fields
import Foundation
import Imaging
import LinearAlgebra

/// The file format of an encoded image in the store.
///
/// One line of JSON with its description, then the numbers, little-endian, view after view.
extension EncodedImage {
  /// The description before the numbers.
  private struct Facts: Codable {
    let record: FieldRecord
    let source: Size
    let looked: SourceDescription
    let patch: Int
    let unit: Int
    let dim: Int
    let classes: Int
    let heads: Int
    /// The patch grid of each view, in the image's orientation.
    let uprightGrids: [Grid]
  }

  /// The maximum bytes of the first line; a longer one is not of this format.
  private static let longestLine = 1 << 20

  /// Writes it to a store, which counts failures itself.
  func write(to store: DiskStore, in namespace: Namespace) {
    let facts = Facts(
      record: record, source: canvas.source, looked: source, patch: patch, unit: unit, dim: dim,
      classes: logits.count, heads: encodings[0].classAttention.heads,
      uprightGrids: encodings.map(\.grid))
    let line = Array(canonical(facts).utf8) + [UInt8(ascii: "\n")]
    store.write(record.name, in: namespace, payload: line.count + bytes) { writer in
      writer.append(line)
      writer.append(grey)
      if let guide { writer.append(guide.values.span) }
      for encoding in encodings where !writer.hasFailed {
        switch encoding.vectors {
        case .float32(let matrix): writer.append(matrix.values.span)
        case .float16(let halves): writer.append(halves.bytes)
        }
        writer.append(encoding.classToken.span)
        writer.append(encoding.classAttention.values.values.span)
        writer.append(encoding.logits.span)
      }
    }
  }

  /// Reads a file of `write`; `nil` if it is missing or of another version.
  static func read(
    _ record: FieldRecord, from store: DiskStore, in namespace: Namespace
  ) -> EncodedImage? {
    store.read(record.name, in: namespace) { EncodedImage(record, from: &$0) }
  }

  private init?(_ record: FieldRecord, from entry: inout EntryReader) {
    guard let line = entry.line(limit: EncodedImage.longestLine),
      let facts = try? JSONDecoder().decode(Facts.self, from: Data(line)),
      facts.record == record,
      let canvas = Canvas(facts.source, fit: record.request.fit, patch: facts.unit),
      facts.uprightGrids.count == record.request.views(of: canvas.encoded).count
    else { return nil }
    guard let grey = entry.numbers(UInt8.self, canvas.shown.width * canvas.shown.height) else {
      return nil
    }
    var guide: InputPlanes?
    if record.request.upsampling == .jbu {
      let size = canvas.encoded
      guard let values = entry.numbers(Float.self, 3 * size.width * size.height) else { return nil }
      guide = InputPlanes(size: size, values: values)
    }
    var encodings: [StoredEncoding] = []
    for grid in facts.uprightGrids {
      guard let vectors = entry.vectors(grid.count, facts.dim, as: record.request.storageType),
        let classToken = entry.numbers(Float.self, facts.dim),
        let attention = entry.matrix(
          grid.count, facts.heads * ClassAttention.Kind.allCases.count),
        let logits = entry.numbers(Float.self, facts.classes)
      else { return nil }
      encodings.append(
        StoredEncoding(
          grid: grid, vectors: vectors, classToken: classToken,
          classAttention: ClassAttention(grid: grid, values: attention), logits: logits))
    }
    guard entry.remaining == 0 else { return nil }
    self.init(
      record: record, canvas: canvas, patch: facts.patch, unit: facts.unit, grey: grey,
      guide: guide, source: facts.looked, encodings: encodings)
  }
}

/// Reads numbers in sequence; the bytes are verified, their meaning is not.
///
/// No memory is allocated beyond the bytes that are left.
extension EntryReader {
  fileprivate mutating func vectors(
    _ rows: Int, _ columns: Int, as storageType: FieldRequest.StorageType
  ) -> StoredEncoding.Vectors? {
    switch storageType {
    case .float32: return matrix(rows, columns).map(StoredEncoding.Vectors.float32)
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
