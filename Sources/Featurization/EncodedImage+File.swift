import Encoders
import Fields
import Foundation
import Imaging
import LinearAlgebra
import Cache

/// The file format of an encoded image in the store.
///
/// One line of JSON with its description, then the numbers, little-endian, view after view.
extension EncodedImage {
  /// The description before the numbers.
  private struct Facts: Codable {
    let record: FieldRecord
    let source: Size
    let patch: Int
    let unit: Int
    let dim: Int
    let classes: Int
    let heads: Int
    /// Patches of each view; a quarter turn swaps the grid's sides.
    let grids: [Grid]
  }

  /// The maximum bytes of the first line; a longer one is not of this format.
  private static let longestLine = 1 << 20

  /// Writes it to a store, which counts failures itself.
  func write(to store: DiskStore, in namespace: Namespace) {
    let facts = Facts(
      record: record, source: canvas.source, patch: patch, unit: unit, dim: dim,
      classes: logits.count, heads: encodings[0].classAttention.heads,
      grids: encodings.map(\.grid))
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
  init?(named record: FieldRecord, from store: DiskStore, in namespace: Namespace) {
    guard let entry = store.read(record.name, in: namespace),
      let end = entry.prefix(EncodedImage.longestLine).firstIndex(of: UInt8(ascii: "\n")),
      let facts = try? JSONDecoder().decode(Facts.self, from: Data(entry[..<end])),
      facts.record == record,
      let canvas = Canvas(facts.source, fit: record.request.fit, patch: facts.unit),
      facts.grids.count == record.request.views(of: canvas.encoded).count
    else { return nil }
    var reader = NumberReader(entry, from: end + 1)
    guard let grey = reader.bytes(canvas.shown.width * canvas.shown.height) else { return nil }
    var guide: InputPlanes?
    if record.request.upsampling == .jbu {
      let size = canvas.encoded
      guard let planes = reader.matrix(3, size.width * size.height) else { return nil }
      guide = InputPlanes(size: size, values: planes.values)
    }
    var encodings: [StoredEncoding] = []
    for grid in facts.grids {
      guard let vectors = reader.vectors(grid.count, facts.dim, as: record.request.storageType),
        let classToken = reader.matrix(1, facts.dim),
        let attention = reader.matrix(
          grid.count, facts.heads * ClassAttention.Kind.allCases.count),
        let logits = reader.matrix(1, facts.classes)
      else { return nil }
      encodings.append(
        StoredEncoding(
          grid: grid, vectors: vectors, classToken: classToken.values,
          classAttention: ClassAttention(grid: grid, values: attention), logits: logits.values))
    }
    guard reader.isAtEnd else { return nil }
    self.init(
      record: record, canvas: canvas, patch: facts.patch, unit: facts.unit, grey: grey,
      guide: guide, encodings: encodings)
  }
}

/// Reads numbers in sequence; the bytes have been verified, their meaning has not.
private struct NumberReader {
  private let bytes: [UInt8]
  private var place: Int

  init(_ bytes: [UInt8], from place: Int) {
    self.bytes = bytes
    self.place = place
  }

  var isAtEnd: Bool { place == bytes.count }

  mutating func bytes(_ count: Int) -> [UInt8]? {
    guard count >= 0, count <= bytes.count - place else { return nil }
    defer { place += count }
    return Array(bytes[place..<place + count])
  }

  mutating func vectors(
    _ rows: Int, _ columns: Int, as storageType: FieldRequest.StorageType
  ) -> StoredEncoding.Vectors? {
    switch storageType {
    case .float32: return matrix(rows, columns).map(StoredEncoding.Vectors.float32)
    case .float16:
      let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
      guard rows >= 0, columns >= 0, !overflow, count <= bytes.count / 2,
        let halves = bytes(2 * count)
      else { return nil }
      return .float16(HalfMatrix(rows: rows, columns: columns, littleEndian: halves))
    }
  }

  mutating func matrix(_ rows: Int, _ columns: Int) -> Matrix? {
    let (count, overflow) = rows.multipliedReportingOverflow(by: columns)
    guard rows >= 0, columns >= 0, !overflow, count <= (bytes.count - place) / 4 else {
      return nil
    }
    defer { place += 4 * count }
    return Matrix(
      rows: rows, columns: columns, littleEndian: bytes.span.extracting(place..<place + 4 * count))
  }
}
