import Tensors
import Files

/// A file that `torch.save` wrote: its pickle, and where the elements of its storages are.
///
/// Source: PyTorch's `torch/serialization.py`, both of its formats.
package struct PyTorchFile: Sendable {
  package enum Container: Hashable, Sendable {
    /// A ZIP archive, since PyTorch 1.6.
    case archive
    /// One pickle after another, then the storages.
    case stream
  }

  package let container: Container
  package let graph: PickleGraph
  /// By the storage's key.
  private let storages: [String: StoredBytes]

  /// With these a stream begins: the pickle of a number.
  static let streamMagic: [UInt8] = [
    0x80, 0x02, 0x8A, 0x0A, 0x6C, 0xFC, 0x9C, 0x46, 0xF9, 0x20, 0x6A, 0xA8, 0x50, 0x19, 0x2E,
  ]

  /// Reads the pickle of an archive; of the storages only their places.
  package init(archive source: any ByteSource) throws(CheckpointError) {
    let archive = try ZIPArchive(source)
    let pickles = archive.members.keys.filter { $0 == "data.pkl" || $0.hasSuffix("/data.pkl") }
    guard let name = pickles.first, pickles.count == 1, let pickle = archive.members[name] else {
      throw .foreign(.otherZIP)
    }
    let prefix = name.dropLast("data.pkl".count)
    guard archive.members["\(prefix)constants.pkl"] == nil,
      !archive.members.keys.contains(where: { $0.hasPrefix("\(prefix)code/") })
    else { throw .foreign(.torchScript) }
    if let order = archive.members["\(prefix)byteorder"] {
      let text = try archive.contents(of: order, within: .line)
      guard text.starts(with: "little".utf8) else {
        throw .malformedArchive(offset: order.range.lowerBound, expected: "little-endian numbers")
      }
    }
    let bytes = try archive.contents(of: pickle, within: .pickle)
    graph = try PickleGraph(ByteArray(bytes))
    container = .archive
    var storages: [String: StoredBytes] = [:]
    for (name, member) in archive.members where name.hasPrefix("\(prefix)data/") {
      storages[String(name.dropFirst(prefix.count + "data/".count))] = StoredBytes(
        part: 0, range: member.range, count: member.size, isDeflated: member.isDeflated)
    }
    self.storages = storages
  }

  /// Reads the pickles of a stream; of the storages only their places.
  package init(stream source: any ByteSource) throws(CheckpointError) {
    var cursor = ByteCursor(source)
    guard try cursor.bytes(PyTorchFile.streamMagic.count) == PyTorchFile.streamMagic else {
      throw .malformedPickle(offset: 0, expected: "PyTorch's first pickle")
    }
    let version = try PyTorchFile.pickle(&cursor)
    guard version.root == .int(1001) else {
      throw .malformedPickle(offset: cursor.position, expected: "version 1001")
    }
    let system = try PyTorchFile.pickle(&cursor)
    let order = system.members(of: system.root).first { $0.key == "little_endian" }
    guard order?.value == .bool(true) else {
      throw .malformedPickle(offset: cursor.position, expected: "little-endian numbers")
    }
    graph = try PyTorchFile.pickle(&cursor)
    let keys = try PyTorchFile.pickle(&cursor)
    storages = try PyTorchFile.storages(
      of: keys, in: graph, at: cursor.position, source)
    container = .stream
  }

  private static func pickle(_ cursor: inout ByteCursor) throws(CheckpointError) -> PickleGraph {
    var machine = PickleMachine(cursor)
    defer { cursor = machine.cursor }
    return try machine.run()
  }

  /// The storages that follow one another from a position on, each behind its count.
  private static func storages(
    of keys: PickleGraph, in graph: PickleGraph, at position: Int, _ source: any ByteSource
  ) throws(CheckpointError) -> [String: StoredBytes] {
    var sizes: [String: Int] = [:]
    for storage in graph.storages where sizes[storage.key] == nil {
      sizes[storage.key] = (storage.dataType?.bits).map { $0 / 8 }
    }
    guard let items = keys.items(keys.root) else {
      throw .malformedPickle(offset: position, expected: "a list of keys")
    }
    var position = position
    var storages: [String: StoredBytes] = [:]
    for item in items {
      guard case .text(let key) = item, let size = sizes[key] else {
        throw .malformedPickle(offset: position, expected: "the key of a storage of known type")
      }
      let count = try source.checkedBytes(from: position, 8).integer(UInt64.self, at: 0)
      position += 8
      let (bytes, overflows) = count.multipliedReportingOverflow(by: UInt64(size))
      guard !overflows, bytes <= source.count - position else {
        throw .truncated(bytes: source.count, needed: Int(clamping: bytes))
      }
      let range = position..<position + Int(bytes)
      storages[key] = StoredBytes(part: 0, range: range, count: range.count, isDeflated: false)
      position = range.upperBound
    }
    return storages
  }
}

extension PyTorchFile {
  /// A tensor of the pickle, held against its storage.
  func tensor(_ place: Int, named name: String) throws(CheckpointError) -> StoredTensor {
    let tensor = graph.tensors[place]
    let storage = tensor.storage
    guard let type = tensor.dataType, let unit = storage.dataType else {
      throw .foreignTensor(tensor: name, symbol: storage.symbol)
    }
    let size = unit.bits / 8
    let (wanted, overflows) = storage.count.multipliedReportingOverflow(by: size)
    // Of a storage without elements there may be no record.
    let nothing = StoredBytes(part: 0, range: 0..<0, count: 0, isDeflated: false)
    guard let bytes = storages[storage.key] ?? (wanted == 0 ? nothing : nil) else {
      throw .missingStorage(key: storage.key)
    }
    guard !overflows, wanted <= bytes.count, wanted == bytes.count || unit == .u8 else {
      throw .wrongStorageSize(
        key: storage.key, wanted: overflows ? Int.max : wanted, found: bytes.count)
    }
    return try StoredTensor(
      named: name, dataType: type, shape: tensor.shape, strides: tensor.strides,
      offset: tensor.offset, in: bytes)
  }
}
