import Tensors
import Files

/// A file of named tensors as their authors published it: found, checked, and not yet read.
///
/// Safetensors, single or in shards, and both formats of PyTorch, told apart by their bytes.
/// Nothing in a file is executed. Bytes beyond the pickle and the headers are read when a tensor's
/// pieces are asked for, so that what is not needed, such as an optimiser's state, costs nothing.
package struct Checkpoint: Sendable {
  package enum Format: Hashable, Sendable {
    case safetensors
    /// So many files, and an index that names them.
    case shards(Int)
    case pytorch(PyTorchFile.Container)
  }

  package let format: Format
  /// The keys under which the dictionary of tensors lay, outermost first.
  package let wrappers: [String]
  package let tensors: [String: StoredTensor]
  /// Tensors of kinds that are not read, with what made them.
  package let foreign: [String: String]
  /// Numbers and texts beside the tensors, such as `epoch`, and those of the training's arguments.
  package let settings: [String: String]
  private let parts: [any ByteSource]

  package init(
    format: Format, wrappers: [String] = [], tensors: [String: StoredTensor],
    foreign: [String: String] = [:], settings: [String: String] = [:], parts: [any ByteSource]
  ) {
    self.format = format
    self.wrappers = wrappers
    self.tensors = tensors
    self.foreign = foreign
    self.settings = settings
    self.parts = parts
  }

  /// Opens a file, or the index of one in shards.
  ///
  /// `key` names the dictionary that is wanted where a file has several, such as `model_ema`.
  package init(path: String, key: String? = nil) throws(CheckpointError) {
    let file = try Checkpoint.open(path)
    guard try ShardIndex.isIndex(file) else {
      try self.init(file, key: key)
      return
    }
    let folder = path.lastIndex(of: "/").map { path[...$0] } ?? ""
    try self.init(index: file) { name throws(CheckpointError) in
      try Checkpoint.open(folder + name)
    }
  }

  private static func open(_ path: String) throws(CheckpointError) -> File {
    do { return try File(reading: path) } catch { throw .unreadable(error) }
  }

  /// Reads the structure of a file, whatever its format.
  package init(_ source: any ByteSource, key: String? = nil) throws(CheckpointError) {
    switch try FileSignature(of: source) {
    case .safetensors: try self.init(safetensors: source)
    case .archive: try self.init(PyTorchFile(archive: source), of: source, key: key)
    case .stream: try self.init(PyTorchFile(stream: source), of: source, key: key)
    case .foreign(let format): throw .foreign(format)
    }
  }

  /// Reads the index of a checkpoint in shards, and the structure of each.
  ///
  /// `shard` opens one by its name, which leads out of no folder.
  package init(
    index: any ByteSource, shard: (String) throws(CheckpointError) -> any ByteSource
  ) throws(CheckpointError) {
    var parts: [any ByteSource] = []
    var tensors: [String: StoredTensor] = [:]
    for (name, tensorNames) in try ShardIndex(index).names.sorted(by: { $0.key < $1.key }) {
      let file = try shard(name)
      guard case .safetensors = try FileSignature(of: file) else { throw .badShard(name: name) }
      let found = try Checkpoint.tensors(of: Checkpoint.header(of: file), part: parts.count)
      for name in tensorNames {
        guard let tensor = found[name] else { throw .missing(tensor: name) }
        tensors[name] = tensor
      }
      parts.append(file)
    }
    self.init(format: .shards(parts.count), tensors: tensors, parts: parts)
  }

  /// A tensor's elements as float32, a piece at a time.
  package func pieces(
    of tensor: StoredTensor, named name: String
  ) -> TensorPieces {
    TensorPieces(tensor, named: name, in: parts[tensor.storage.part])
  }

  /// All elements of a tensor as float32, in C order.
  package func floats(_ name: String) throws(CheckpointError) -> [Float] {
    guard let tensor = tensors[name] else { throw .missing(tensor: name) }
    var pieces = pieces(of: tensor, named: name)
    var floats: [Float] = []
    floats.reserveCapacity(tensor.count)
    while let piece = try pieces.next() { floats += piece }
    return floats
  }
}

extension Checkpoint {
  /// Its tensors with some of another's, under the names that these get, in place of equal ones.
  package func joined(with other: Checkpoint, names: [String: String]) -> Checkpoint {
    var tensors = tensors
    for (name, own) in names {
      tensors[own] = other.tensors[name]?.behind(parts.count)
    }
    return Checkpoint(
      format: format, wrappers: wrappers, tensors: tensors, foreign: foreign, settings: settings,
      parts: parts + other.parts)
  }
}

extension Checkpoint {
  /// Reads the structure of a safetensors file, and of no other; its metadata are the settings.
  package init(safetensors source: any ByteSource) throws(CheckpointError) {
    let header = try Checkpoint.header(of: source)
    self.init(
      format: .safetensors, tensors: try Checkpoint.tensors(of: header, part: 0),
      settings: header.metadata, parts: [source])
  }

  private init(
    _ file: PyTorchFile, of source: any ByteSource, key: String?
  ) throws(CheckpointError) {
    let state = try StateDictionary(of: file.graph, key: key)
    var (tensors, foreign): ([String: StoredTensor], [String: String]) = ([:], state.foreign)
    for (name, place) in state.tensors {
      do {
        tensors[name] = try file.tensor(place, named: name)
      } catch .foreignTensor(_, let symbol) {
        foreign[name] = symbol
      }
    }
    self.init(
      format: .pytorch(file.container), wrappers: state.wrappers, tensors: tensors,
      foreign: foreign, settings: state.settings, parts: [source])
  }

  private static func header(of source: any ByteSource) throws(CheckpointError) -> TensorHeader {
    let first = try source.bytes(0..<min(TensorHeader.lengthBytes, source.count))
    let range: Range<Int>
    do {
      range = try TensorHeader.range(first, ofFile: source.count, limit: TensorHeader.largest)
    } catch {
      throw .malformed(error)
    }
    let bytes = try source.bytes(range)
    do { return try TensorHeader(bytes, ofFile: source.count) } catch { throw .malformed(error) }
  }

  private static func tensors(
    of header: TensorHeader, part: Int
  ) throws(CheckpointError) -> [String: StoredTensor] {
    var tensors: [String: StoredTensor] = [:]
    for (name, entry) in header.tensors {
      tensors[name] = try StoredTensor(
        named: name, dataType: entry.dataType, shape: entry.shape,
        strides: StoredTensor.strides(of: entry.shape), offset: 0,
        in: StoredBytes(
          part: part, range: entry.range, count: entry.range.count, isDeflated: false))
    }
    return tensors
  }
}
