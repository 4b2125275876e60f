import Digests
import Encoders
import Fields
import Foundation
import Imaging
import LinearAlgebra
package import Cache

/// What is kept of earlier work: images, fields and what was found out about them.
///
/// In memory under a budget, and on disk under the store's own where there is one. Everything can
/// be made again from an image, so whatever is lost costs time and no more.
package final class FieldCache: Sendable {
  static let images = Namespace("images")
  static let fields = Namespace("fields")
  static let encodings = Namespace("encodings")

  package let disk: DiskStore?
  private let encoded: MemoryCache<Digest, EncodedImage>
  private let derived: MemoryCache<Derived.Name, Derived>
  private let imageBytes: MemoryCache<Digest, [UInt8]>
  private let records: MemoryCache<Digest, FieldRecord>

  /// Of the memory's budget 24 parts in 32 are for encodings, 4 for what was found out about
  /// fields, 3 for images, which it holds only where the disk does not, and 1 for records.
  package init(memory budget: Int, disk: DiskStore?) {
    self.disk = disk
    let part = budget / 32
    encoded = MemoryCache(budget: 24 * part)
    derived = MemoryCache(budget: 4 * part)
    imageBytes = MemoryCache(budget: 3 * part)
    records = MemoryCache(budget: part)
  }

  /// A record and its place in the table, roughly.
  private static let recordBytes = 1024

  /// How the store on disk does.
  package struct DiskReport: Sendable, Hashable {
    package let bytes: Int
    /// Files that were not what was written.
    package let damaged: Int
    package let failedWrites: Int
  }

  /// `nil` where there is no store.
  package var diskReport: DiskReport? {
    disk.map { disk in
      let counts = disk.counts
      return DiskReport(
        bytes: disk.totalBytes, damaged: counts.damaged, failedWrites: counts.failedWrites)
    }
  }

  /// Whether what is to be kept can be: the store's folder may be written to, or there is none.
  package var canKeep: Bool { disk?.isWritable ?? true }

  /// Bytes of memory that are taken.
  package var memoryBytes: Int {
    encoded.totalBytes + derived.totalBytes + imageBytes.totalBytes + records.totalBytes
  }
}

// What reads or writes files blocks: it is called on threads of a queue.
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
      record.numerics == FieldRecord.numericsVersion, record.name == id
    else { return nil }
    note(record)
    return record
  }

  /// The encodings in memory; asking does not block.
  func encodedInMemory(_ record: FieldRecord) -> EncodedImage? { encoded.value(for: record.name) }

  /// The encodings from disk, which then are in memory too.
  func encodedOnDisk(_ record: FieldRecord) -> EncodedImage? {
    guard let disk,
      let image = EncodedImage(named: record, from: disk, in: FieldCache.encodings)
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

extension FieldCache {
  func derivedInMemory(_ name: Derived.Name) -> Derived? { derived.value(for: name) }

  func hold(_ value: Derived, as name: Derived.Name) {
    derived.keep(value, for: name, bytes: value.bytes)
  }
}

extension FieldCache {
  /// Keeps an image's bytes; returns whether they are kept.
  func keep(image bytes: [UInt8], as digest: Digest) -> Bool {
    if let disk {
      if disk.contains(digest, in: FieldCache.images) { return true }
      if disk.write(bytes, for: digest, in: FieldCache.images) == .stored { return true }
    }
    return imageBytes.keep(bytes, for: digest, bytes: bytes.count)
  }

  func has(image digest: Digest) -> Bool {
    imageBytes.value(for: digest) != nil || disk?.contains(digest, in: FieldCache.images) == true
  }

  func image(_ digest: Digest) -> [UInt8]? {
    imageBytes.value(for: digest) ?? disk?.read(digest, in: FieldCache.images)
  }

  /// Forgets an image; fields made of it stay.
  func remove(image digest: Digest) -> Bool {
    let wasInMemory = imageBytes.remove(digest) != nil
    let wasOnDisk = disk?.remove(digest, in: FieldCache.images) ?? false
    return wasInMemory || wasOnDisk
  }
}

/// What is found out about a field once and asked for often.
enum Derived: Sendable {
  case basis(Basis)
  case norms(Norms)
  case entropy(LocalEntropy)
  case guided(GuidedMap)

  enum Kind: Sendable, Hashable { case basis, norms, entropy, guided }

  struct Name: Sendable, Hashable {
    let field: Digest
    let grid: FeatureRequest.Positions
    let kind: Kind
  }

  /// Bytes of memory.
  var bytes: Int {
    switch self {
    case .basis(let basis): 4 * (basis.components.count + 3 * basis.dim)
    case .norms(let norms): 4 * norms.values.count
    case .entropy(let entropy): 4 * entropy.values.count
    case .guided(let guided): guided.bytes
    }
  }
}
