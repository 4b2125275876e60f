import Cache
import Files

/// The descriptors of all kept fields: on disk where there is a store, and in memory.
///
/// Methods that read or write files block: call them on a queue's threads.
final class DescriptorStore: Sendable {
  static let namespace = Namespace("descriptors")

  private let disk: DiskStore?
  private let memory: MemoryCache<Digest, FieldDescriptors>

  init(budget: Int, disk: DiskStore?) {
    self.disk = disk
    memory = MemoryCache(budget: budget)
  }

  /// Bytes of memory in use.
  var memoryBytes: Int { memory.totalBytes }

  /// The ids of fields whose descriptors are in memory, in no order.
  var memoryNames: [Digest] { memory.keys }

  func keep(_ descriptors: FieldDescriptors) {
    let name = descriptors.record.name
    memory.keep(descriptors, for: name, bytes: descriptors.bytes)
    guard let disk, !disk.contains(name, in: DescriptorStore.namespace) else { return }
    disk.write(descriptors.entry, for: name, in: DescriptorStore.namespace)
  }

  func descriptors(of field: Digest) -> FieldDescriptors? {
    if let here = memory.value(for: field) { return here }
    guard let entry = disk?.read(field, in: DescriptorStore.namespace),
      let found = FieldDescriptors(entry: entry), found.record.name == field
    else { return nil }
    memory.keep(found, for: field, bytes: found.bytes)
    return found
  }

  /// Those of all fields, in the order of the fields' ids.
  var all: [FieldDescriptors] {
    let names = Set(memory.keys).union(disk?.keys(in: DescriptorStore.namespace) ?? [])
    return names.sorted { $0.description < $1.description }.compactMap { descriptors(of: $0) }
  }
}
