import Analysis
import Cache
import Files
import Synchronization

/// The descriptors of all kept fields: on disk where there is a store, and in memory, some as they
/// are, and those of one kind or more as rows that one vector is compared with.
///
/// Methods that read or write files block: call them on a queue's threads.
final class DescriptorStore: Sendable {
  static let namespace = Namespace("descriptors")
  typealias Rows = DescriptorRows<FieldDescriptors.Likeness>

  private let disk: DiskStore?
  private let memory: MemoryCache<Digest, FieldDescriptors>
  private let tables: Mutex<DescriptorTables>

  /// Makes a store within so many bytes of memory; without a disk, what is in it is all there is.
  init(budget: Int, disk: DiskStore?) {
    self.disk = disk
    let ofRows = disk == nil ? budget / 2 : budget / 4 * 3
    tables = Mutex(DescriptorTables(budget: ofRows))
    memory = MemoryCache(budget: budget - ofRows)
  }

  /// Bytes of memory in use.
  var memoryBytes: Int { memory.totalBytes + tables.withLock { $0.bytes } }

  /// The ids of fields whose descriptors are in memory, in no order.
  var memoryNames: [Digest] { memory.keys }

  func keep(_ descriptors: FieldDescriptors) {
    let name = descriptors.record.name
    memory.keep(descriptors, for: name, bytes: descriptors.bytes)
    guard let disk else { return }
    if disk.contains(name, in: DescriptorStore.namespace), onDisk(name)?.isComplete == true {
      return
    }
    disk.write(descriptors.entry, for: name, in: DescriptorStore.namespace)
  }

  func descriptors(of field: Digest) -> FieldDescriptors? {
    if let here = memory.value(for: field) { return here }
    guard let found = onDisk(field) else { return nil }
    memory.keep(found, for: field, bytes: found.bytes)
    return found
  }

  private func onDisk(_ field: Digest) -> FieldDescriptors? {
    guard let entry = disk?.read(field, in: DescriptorStore.namespace),
      let found = FieldDescriptors(entry: entry), found.record.name == field
    else { return nil }
    return found
  }

  /// Hands over all fields whose vectors can be compared with others, block by block, in no order.
  ///
  /// Those that memory has room for are read once, the others each time.
  func forEachBlock(
    of kind: DescriptorKind, like likeness: FieldDescriptors.Likeness, _ body: (Rows.Block) -> Void
  ) {
    let kept = Set(memory.keys).union(disk?.keys(in: DescriptorStore.namespace) ?? [])
    let known = tables.withLock { $0.rows(of: kind, among: kept) }
    known.blocks(of: likeness).forEach(body)
    let missing = Array(kept.subtracting(known.fields))
    for first in stride(from: 0, to: missing.count, by: Rows.mostOfBlock) {
      let part = missing[first..<min(first + Rows.mostOfBlock, missing.count)]
      let read = part.compactMap { (memory.value(for: $0) ?? onDisk($0))?.row(of: kind) }
      tables.withLock { $0.take(read, as: kind) }
      var rows = Rows()
      rows.add(read.filter { $0.group == likeness })
      rows.blocks(of: likeness).forEach(body)
    }
  }
}

/// The rows of each kind that was asked for, within a budget.
private struct DescriptorTables {
  typealias Rows = DescriptorStore.Rows

  /// Bytes that rows may take.
  let budget: Int
  private var rows: [DescriptorKind: Rows] = [:]
  /// The kinds, the one that was asked for last at the end.
  private var order: [DescriptorKind] = []

  init(budget: Int) { self.budget = budget }

  var bytes: Int { rows.values.reduce(0) { $0 + $1.bytes } }

  /// The rows of a kind, of those fields that are still kept.
  mutating func rows(of kind: DescriptorKind, among kept: Set<Digest>) -> Rows {
    order.removeAll { $0 == kind }
    order.append(kind)
    rows[kind, default: Rows()].keep(kept)
    return rows[kind] ?? Rows()
  }

  /// Takes fields in if there is room, for which the rows of kinds go that were asked for earlier.
  mutating func take(_ found: [Rows.Row], as kind: DescriptorKind) {
    let needed = found.reduce(0) { $0 + $1.bytes }
    while bytes + needed > budget, let earliest = order.first, earliest != kind {
      rows[earliest] = nil
      order.removeFirst()
    }
    guard bytes + needed <= budget, order.contains(kind) else { return }
    rows[kind, default: Rows()].add(found)
  }
}
