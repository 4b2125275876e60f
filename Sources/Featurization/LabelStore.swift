import Cache
package import Files
import Foundation
import ImageCodecs
import Imaging
package import Segmentation
import Synchronization
import Tensors

/// Labels that are kept at a field, under the digest of their size, their ids and the classes' names.
package struct KeptLabels: Sendable {
  package let labels: LabelImage
  /// Those that the labels' file named; empty where it had ids alone.
  package let classes: [LabelClass]
  /// Of the size, the ids and what is named, whatever file they came in.
  package let digest: Digest

  package init(_ labels: LabelImage, classes: [LabelClass] = []) {
    (self.labels, self.classes) = (labels, classes)
    let head = "labels \(labels.size.width) \(labels.size.height)\n"
    let names = classes.map { "\($0.id) \($0.color) \($0.name)\n" }.joined()
    digest = SHA256.digest(of: Array(head.utf8) + labels.ids + Array(names.utf8))
  }

  package enum Format: String, Sendable, Hashable, CaseIterable {
    /// 8 bits of grey, whose levels are the ids.
    case png
    case npy
    /// The ids alone.
    case raw
    /// Outlines of objects, with the classes' names.
    case geojson

    package var mediaType: String {
      switch self {
      case .png: "image/png"
      case .npy: "application/x-npy"
      case .raw: "application/octet-stream"
      case .geojson: "application/geo+json"
      }
    }
  }

  /// Throws `FeaturizationError.tooDetailed` for outlines of too many corners.
  package func file(_ format: Format) throws(FeaturizationError) -> [UInt8] {
    switch format {
    case .png: return picture
    case .geojson:
      let named = Set(classes.map(\.id))
      return try labels.geoJSON(
        classes + labels.ids().filter { !named.contains($0) }.map { .unnamed($0) })
    case .npy:
      return NPY.header(shape: [labels.size.height, labels.size.width], of: .uint8) + labels.ids
    case .raw: return labels.ids
    }
  }

  fileprivate var picture: [UInt8] {
    let raster = Raster(size: labels.size, channels: 1, samples: .uint8(labels.ids))
    guard let bytes = try? encodePNG(raster) else {
      preconditionFailure("a label image of \(labels.size)")
    }
    return bytes
  }

  /// What is kept on disk: a line of JSON with the classes, where some are named, and a PNG.
  fileprivate var entry: [UInt8] {
    guard !classes.isEmpty else { return picture }
    guard let names = try? JSONEncoder().encode(classes) else {
      preconditionFailure("classes without a text")
    }
    return Array(names) + [UInt8(ascii: "\n")] + picture
  }

  fileprivate init?(entry: [UInt8], limits: DecodingLimits) {
    var (picture, classes): ([UInt8], [LabelClass]) = (entry, [])
    if entry.first == UInt8(ascii: "["), let end = entry.firstIndex(of: UInt8(ascii: "\n")) {
      guard
        let named = try? JSONDecoder().decode([LabelClass].self, from: Data(entry[..<end]))
      else { return nil }
      (picture, classes) = (Array(entry[(end + 1)...]), named)
    }
    guard let raster = try? ImageFile(picture, limits: limits).decode(0).raster,
      raster.channels == 1, case .uint8(let ids) = raster.samples
    else { return nil }
    self.init(LabelImage(size: raster.size, ids: ids), classes: classes)
  }

  /// The labels with a rectangle of ids in place of those that were there.
  func replacing(_ rectangle: PixelRectangle, with ids: [UInt8]) -> KeptLabels {
    let width = labels.size.width
    var all = labels.ids
    for row in 0..<rectangle.height {
      let first = (rectangle.y + row) * width + rectangle.x
      let part = ids[row * rectangle.width..<(row + 1) * rectangle.width]
      all.replaceSubrange(first..<first + rectangle.width, with: part)
    }
    return KeptLabels(LabelImage(size: labels.size, ids: all), classes: classes)
  }
}

/// The labels of fields, one version each: on disk where there is a store, else in memory.
///
/// Changes come one after another, each of the version that it was meant for. Files are read and
/// written: call it on a queue's threads.
final class LabelStore: Sendable {
  static let namespace = Namespace("labels")

  private let disk: DiskStore?
  private let memory: MemoryCache<Digest, KeptLabels>
  private let limits: DecodingLimits
  private let turn = Mutex(())

  init(budget: CacheBudget, disk: DiskStore?, limits: DecodingLimits) {
    (self.disk, self.limits) = (disk, limits)
    memory = MemoryCache(budget: budget.labels)
  }

  /// Bytes of memory in use.
  var memoryBytes: Int { memory.totalBytes }

  /// The labels of a field's id.
  func labels(of field: Digest) -> KeptLabels? {
    if let here = memory.value(for: field) { return here }
    guard let entry = disk?.read(field, in: LabelStore.namespace),
      let kept = KeptLabels(entry: entry, limits: limits)
    else { return nil }
    memory.keep(kept, for: field, bytes: kept.labels.ids.count)
    return kept
  }

  /// Replaces a field's labels by what `make` makes of the former ones, or removes them for `nil`.
  ///
  /// What `make` throws is passed on, and nothing is changed; throws `FeaturizationError.noRoom`.
  func change(
    _ field: Digest, _ make: (KeptLabels?) throws -> KeptLabels?
  ) throws -> (former: KeptLabels?, now: KeptLabels?) {
    try turn.withLock { _ in
      let former = labels(of: field)
      let now = try make(former)
      if let now { try keep(now, for: field) } else { remove(field) }
      return (former, now)
    }
  }

  private func keep(_ labels: KeptLabels, for field: Digest) throws(FeaturizationError) {
    let bytes = labels.labels.ids.count
    if let disk {
      let outcome = disk.write(labels.entry, for: field, in: LabelStore.namespace)
      guard outcome == .stored else { throw .noRoom(bytes: bytes) }
      memory.keep(labels, for: field, bytes: bytes)
    } else {
      guard memory.keep(labels, for: field, bytes: bytes) else { throw .noRoom(bytes: bytes) }
    }
  }

  private func remove(_ field: Digest) {
    memory.remove(field)
    disk?.remove(field, in: LabelStore.namespace)
  }
}
