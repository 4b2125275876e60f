package import Tensors
package import Files

/// What is wrong with a checkpoint.
package enum CheckpointError: Error, Hashable, Sendable {
  case unreadable(FileError)
  /// The file breaks a rule of its format.
  case malformed(ArrayFileError)
  /// A file that holds no tensors in a form that is read.
  case foreign(ForeignFormat)
  /// Fewer bytes than the format's structures need.
  case truncated(bytes: Int, needed: Int)
  /// The ZIP archive breaks a rule at a byte of the file.
  case malformedArchive(offset: Int, expected: String)
  /// The pickle breaks a rule at a byte of the file or of its member.
  case malformedPickle(offset: Int, expected: String)
  /// A pickle's instruction that no checkpoint needs.
  case unknownInstruction(offset: Int, code: UInt8)
  /// The pickle asks Python to call something that no checkpoint needs; nothing was called.
  case refusedCall(symbol: String)
  case limitExceeded(CheckpointLimit, count: Int)
  /// Nothing in the file is a dictionary of tensors.
  case noTensors

  case missing(tensor: String)
  case wrongShape(tensor: String, wanted: [Int], found: [Int])
  /// A tensor of a type that has no conversion to float32.
  case notConvertible(tensor: String, dataType: DataType)
  /// A tensor of a kind that is not read: quantised, sparse, complex.
  case foreignTensor(tensor: String, symbol: String)
  /// Shape, strides and offset reach outside of the storage, which holds `available` elements.
  case outsideStorage(tensor: String, available: Int)
  /// A storage whose bytes are not in the file.
  case missingStorage(key: String)
  /// A storage that has `found` bytes in the file and `wanted` in its description.
  case wrongStorageSize(key: String, wanted: Int, found: Int)
  /// A shard's name that leads out of its folder, or a tensor that its shard lacks.
  case badShard(name: String)
  /// A card that describes no model of the family that it names.
  case unfitCard(String)
}

/// Files that are told apart in order to say what they are.
package enum ForeignFormat: String, Hashable, Sendable {
  case empty, gitLFS, hdf5, npy, otherZIP, pickle, tar, torchScript, unknown
}

/// The limits on reading a file that is not trusted.
package enum CheckpointLimit: Hashable, Sendable {
  /// Members of an archive.
  case members
  /// Bytes of an archive's directory.
  case directory
  /// Bytes of a member's name.
  case memberName
  /// Bytes of a pickle.
  case pickle
  /// Values on a pickle machine's stack.
  case stack
  /// Values that a pickle machine remembers.
  case memo
  /// Lists, tuples, dictionaries and objects of a pickle.
  case nodes
  /// Values in these.
  case items
  /// Bytes of a line in a pickle.
  case line
  /// Axes of a tensor.
  case axes
  /// Elements of a tensor.
  case elements
  /// Bytes that a compressed member has when inflated.
  case inflated
  /// Files that hold the parts of one checkpoint.
  case shards

  package var value: Int {
    switch self {
    case .members: 100_000
    case .directory, .pickle: 64 << 20
    case .memberName, .line: 4096
    case .stack, .memo, .nodes: 1 << 20
    case .items: 1 << 22
    case .axes: 32
    case .elements: 1 << 28
    case .inflated: 1 << 31
    case .shards: 1024
    }
  }

  func check(_ count: Int) throws(CheckpointError) {
    guard count <= value else { throw .limitExceeded(self, count: count) }
  }
}
