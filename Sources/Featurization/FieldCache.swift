import Cache
import Files
import Encoders
import Foundation

/// What is kept of earlier work: fields and what was found out about them.
///
/// In memory under a budget, and on disk under the store's own where there is one. Everything can
/// be made again from an image, so whatever is lost costs time and no more. What reads or writes
/// files blocks: it is called on threads of a queue.
final class FieldCache: Sendable {
  private static let fields = Namespace("fields")
  private static let encodings = Namespace("encodings")
  static let namespaces: Set<Namespace> = [fields, encodings]

  private let disk: DiskStore?
  private let encoded: MemoryCache<Digest, EncodedImage>
  private let derived: MemoryCache<DerivedName, any DerivedValue>
  private let records: MemoryCache<Digest, FieldRecord>

  init(_ budget: CacheBudget, disk: DiskStore?) {
    self.disk = disk
    encoded = MemoryCache(budget: budget.encodings)
    derived = MemoryCache(budget: budget.derivedValues)
    records = MemoryCache(budget: budget.records)
  }

  /// A record and its place in the table, roughly.
  private static let recordBytes = 1024

  /// Bytes of memory that are taken.
  var memoryBytes: Int { encoded.totalBytes + derived.totalBytes + records.totalBytes }
}

/// A budget of memory in parts, bytes each.
struct CacheBudget: Sendable {
  let encodings: Int
  let derivedValues: Int
  /// Of images, which are held in memory only where the disk does not have them.
  let images: Int
  let records: Int

  init(total: Int) {
    let part = total / 32
    (encodings, derivedValues, images, records) = (24 * part, 4 * part, 3 * part, part)
  }
}

// MARK: Records

extension FieldCache {
  /// Keeps what an id stands for; never blocks.
  func note(_ record: FieldRecord) {
    records.keep(record, for: record.name, bytes: FieldCache.recordBytes)
  }

  /// What a field's id stands for.
  func record(of id: Digest) -> FieldRecord? {
    if let record = records.value(for: id) { return record }
    guard let entry = disk?.read(id, in: FieldCache.fields),
      let record = try? JSONDecoder().decode(FieldRecord.self, from: Data(entry)),
      record.isReproducible, record.name == id
    else { return nil }
    note(record)
    return record
  }
}

// MARK: Encodings

extension FieldCache {
  /// The encodings in memory; asking does not block.
  func encodedInMemory(_ record: FieldRecord) -> EncodedImage? { encoded.value(for: record.name) }

  /// The encodings from disk, which then are in memory too.
  func encodedOnDisk(_ record: FieldRecord) -> EncodedImage? {
    guard let disk,
      let image = EncodedImage.read(record, from: disk, in: FieldCache.encodings)
    else { return nil }
    hold(image)
    return image
  }

  func hold(_ image: EncodedImage) {
    encoded.keep(image, for: image.record.name, bytes: image.bytes)
  }

  /// Keeps a field so that it outlives the program, in place of encodings that were of no use.
  func keep(_ record: FieldRecord, _ image: EncodedImage, isNew: Bool) {
    note(record)
    guard let disk else { return }
    disk.write(Array(canonical(record).utf8), for: record.name, in: FieldCache.fields)
    guard isNew || !disk.contains(image.record.name, in: FieldCache.encodings) else { return }
    image.write(to: disk, in: FieldCache.encodings)
  }

  /// Keeps a field's encodings again if it is one that outlives the program.
  func mend(_ record: FieldRecord, _ image: EncodedImage) {
    guard let disk, disk.contains(record.name, in: FieldCache.fields) else { return }
    keep(record, image, isNew: true)
  }
}

// MARK: Derived values

extension FieldCache {
  func derivedInMemory<Value: DerivedValue>(_ name: DerivedName) -> Value? {
    derived.value(for: name) as? Value
  }

  func hold(_ value: any DerivedValue, as name: DerivedName) {
    derived.keep(value, for: name, bytes: value.bytes)
  }
}
