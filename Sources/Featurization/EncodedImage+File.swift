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
    let shape: StoredEncoding.Shape
    /// The patch grid of each view, in the image's orientation.
    let uprightGrids: [Grid]
  }

  /// The maximum bytes of the first line; a longer one is not of this format.
  private static let longestLine = 1 << 20

  /// Writes it to a store, which counts failures itself.
  func write(to store: DiskStore, in namespace: Namespace) {
    let facts = Facts(
      record: record, source: canvas.source, looked: source, patch: patch, unit: unit,
      shape: encodings[0].shape,
      uprightGrids: encodings.map(\.grid))
    let line = Array(canonical(facts).utf8) + [UInt8(ascii: "\n")]
    store.write(record.name, in: namespace, payload: line.count + bytes) { writer in
      writer.append(line)
      writer.append(grey)
      if let guide { writer.append(guide.values.span) }
      for encoding in encodings where !writer.hasFailed {
        encoding.append(to: &writer)
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
      guard
        let encoding = StoredEncoding(
          grid, facts.shape, as: record.request.storageType, from: &entry)
      else { return nil }
      encodings.append(encoding)
    }
    guard entry.remaining == 0 else { return nil }
    self.init(
      record: record, canvas: canvas, patch: facts.patch, unit: facts.unit, grey: grey,
      guide: guide, source: facts.looked, encodings: encodings)
  }
}
