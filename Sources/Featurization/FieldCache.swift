import Cache
import Files
import Encoders
import Foundation

/// The cache of fields and of values derived from them.
///
/// Memory and disk have separate budgets. All entries can be recomputed from an image, so that
/// losing one costs time only. Methods that read or write files block: call them on a queue's
/// threads.
final class FieldCache: Sendable {
  static let fields = Namespace("fields")
  static let encodings = Namespace("encodings")
  static let namespaces: Set<Namespace> = [
    fields, encodings, TileStore.namespace, DescriptorStore.namespace,
  ]

  private let disk: DiskStore?
  private let encoded: MemoryCache<Digest, EncodedImage>
  private let derived: MemoryCache<DerivedName, any DerivedValue>
  private let records: MemoryCache<Digest, FieldRecord>
  /// The descriptors of kept fields' images.
  let descriptors: DescriptorStore

  init(_ budget: CacheBudget, disk: DiskStore?) {
    self.disk = disk
    encoded = MemoryCache(budget: budget.encodings)
    derived = MemoryCache(budget: budget.derivedValues)
    records = MemoryCache(budget: budget.records)
    descriptors = DescriptorStore(budget: budget.descriptors, disk: disk)
  }

  /// Opens the store of a field's tiles; `nil` without a disk.
  var tiles: @Sendable (FieldRecord, TileLayout) -> TileStore? {
    { [disk] record, layout in
      disk.map { TileStore(disk: $0, record: record, grid: layout.grid) }
    }
  }

  /// Estimated bytes of a record with its table entry.
  private static let recordBytes = 1024

  /// Bytes of memory in use.
  var memoryBytes: Int {
    encoded.totalBytes + derived.totalBytes + records.totalBytes + descriptors.memoryBytes
  }
}

/// A memory budget divided into parts, in bytes.
struct CacheBudget: Sendable {
  let encodings: Int
  let derivedValues: Int
  /// The part of images, which are held in memory only when the disk does not have them.
  let images: Int
  let records: Int
  /// Of descriptors of kept fields' images.
  let descriptors: Int
  let classifiers: Int
  /// The part of labels, which are held in memory only when the disk does not have them.
  let labels: Int
  /// Of who sent which image.
  let senders: Int
  /// Of what images are.
  let headers: Int

  init(total: Int) {
    let part = total / 32
    (encodings, derivedValues, images) = (22 * part, 4 * part, 3 * part)
    descriptors = part
    labels = part
    (records, senders, classifiers) = (part / 4, part / 4, part / 4)
    headers = part / 4
  }
}

// MARK: Records

extension FieldCache {
  /// Remembers the record of an id; never blocks.
  func note(_ record: FieldRecord) {
    records.keep(record, for: record.name, bytes: FieldCache.recordBytes)
  }

  /// The ids of kept fields, in no order.
  var keptNames: [Digest] {
    Array(Set(disk?.keys(in: FieldCache.fields) ?? []).union(descriptors.memoryNames))
  }

  /// The record of a field's id.
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

extension FieldCache {
  /// Whether a field's record is on disk.
  func isOnDisk(_ record: FieldRecord) -> Bool {
    disk?.contains(record.name, in: FieldCache.fields) ?? false
  }

  /// Keeps a record on disk; returns whether it is there.
  func keepRecord(_ record: FieldRecord) -> Bool {
    note(record)
    guard let disk, !isOnDisk(record) else { return disk != nil }
    let bytes = Array(canonical(record).utf8)
    return disk.write(bytes, for: record.name, in: FieldCache.fields) == .stored
  }
}

// MARK: Encodings

extension FieldCache {
  /// The encodings in memory; never blocks.
  func encodedInMemory(_ record: FieldRecord) -> EncodedImage? { encoded.value(for: record.name) }

  /// Bytes of the encodings on disk; does not block.
  func bytesOnDisk(_ record: FieldRecord) -> Int? {
    disk?.size(of: record.name, in: FieldCache.encodings)
  }

  /// Reads the encodings from disk into memory.
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

  /// Stores a field permanently, replacing encodings that were unusable.
  func keep(_ record: FieldRecord, _ image: EncodedImage, isNew: Bool) {
    note(record)
    descriptors.keep(FieldDescriptors(record, image))
    guard let disk else { return }
    disk.write(Array(canonical(record).utf8), for: record.name, in: FieldCache.fields)
    guard isNew || !disk.contains(image.record.name, in: FieldCache.encodings) else { return }
    image.write(to: disk, in: FieldCache.encodings)
    if let layout = image.tiles, disk.contains(image.record.name, in: FieldCache.encodings) {
      tiles(image.record, layout)?.removeAll(layout, of: image.views.map(\.view))
    }
  }

  /// Stores the encodings of a permanent field again.
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
