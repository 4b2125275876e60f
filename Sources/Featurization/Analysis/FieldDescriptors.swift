import Analysis
import Encoders
import Files
import Foundation

/// One vector for a whole image.
package enum DescriptorKind: String, Sendable, Hashable, Codable, CaseIterable {
  /// The class token, or what stands for it.
  case cls
  /// The mean of the cells.
  case mean
  /// The generalised mean of the cells, the cube root of the mean of cubes.
  case gem
  /// The largest value of each channel among the cells.
  case max
}

/// The descriptors of an image's first view, with the field that they are of.
package struct FieldDescriptors: Sendable {
  package let record: FieldRecord
  private let vectors: [DescriptorKind: [Float]]

  init(_ record: FieldRecord, _ image: EncodedImage) {
    let first = image.encodings[0]
    let cells = first.vectors
    self.record = record
    vectors = [
      .cls: first.classToken, .mean: Descriptors.mean(of: cells).map { Float($0) },
      .gem: Descriptors.generalisedMean(of: cells).map { Float($0) },
      .max: Descriptors.largest(of: cells),
    ]
  }

  /// Empty where a former release kept the descriptors, which had no such kind.
  package subscript(kind: DescriptorKind) -> [Float] { vectors[kind] ?? [] }

  /// Whether those of all kinds are there.
  var isComplete: Bool { vectors.count == DescriptorKind.allCases.count }

  /// Bytes of memory, with the record's.
  var bytes: Int { 1024 + vectors.values.reduce(0) { $0 + 4 * $1.count } }

  /// What two fields must have in common for their vectors to be compared.
  struct Likeness: Sendable, Hashable {
    let weights: String
    let blocks: [Int]
    let facet: EncodeOptions.Facet
    let dim: Int
  }

  var likeness: Likeness {
    let options = record.request.encodeOptions
    return Likeness(
      weights: record.weights, blocks: options.blocks, facet: options.facet,
      dim: self[.cls].count)
  }

  /// One of its vectors, with what it is compared by; `nil` where it is not there.
  func row(of kind: DescriptorKind) -> DescriptorStore.Rows.Row? {
    vectors[kind].map {
      .init(field: record.name, image: record.image, group: likeness, vector: $0)
    }
  }
}

// MARK: As an entry of the store

extension FieldDescriptors {
  /// The kinds of entries whose first word tells no number: those of releases before there were more.
  private static let kindsOfOld = 3
  /// The bits of the first word that are the record's length; the number of vectors is above them.
  private static let lengthBits = 28

  /// The record's length and the number of vectors, the record, and the vectors in the order of their
  /// kinds, little-endian.
  var entry: [UInt8] {
    let text = Array(canonical(record).utf8)
    var bytes: [UInt8] = []
    bytes.append(
      littleEndian: UInt32(text.count) | UInt32(vectors.count) << FieldDescriptors.lengthBits)
    bytes += text
    for kind in DescriptorKind.allCases { bytes += [UInt8](littleEndian: self[kind]) }
    return bytes
  }

  /// Reads what `entry` wrote, of this release or one before; `nil` for anything else.
  init?(entry: [UInt8]) {
    guard entry.count >= 4 else { return nil }
    let word = [UInt32](littleEndian: entry.span.extracting(0..<4))[0]
    let length = Int(word & (1 << FieldDescriptors.lengthBits - 1))
    let told = Int(word >> FieldDescriptors.lengthBits)
    guard length <= entry.count - 4,
      let record = try? JSONDecoder().decode(
        FieldRecord.self, from: Data(entry[4..<4 + length])),
      record.isReproducible
    else { return nil }
    let kinds = DescriptorKind.allCases.prefix(told == 0 ? FieldDescriptors.kindsOfOld : told)
    let rest = entry.count - 4 - length
    guard told <= kinds.count, rest % (4 * kinds.count) == 0 else { return nil }
    let each = rest / kinds.count
    self.record = record
    var vectors: [DescriptorKind: [Float]] = [:]
    for (place, kind) in kinds.enumerated() {
      let first = 4 + length + place * each
      vectors[kind] = [Float](littleEndian: entry.span.extracting(first..<first + each))
    }
    self.vectors = vectors
  }
}
