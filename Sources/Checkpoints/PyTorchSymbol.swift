package import Tensors

/// What a call of something in Python means in a checkpoint.
enum PyTorchSymbol: Hashable {
  case orderedDictionary
  /// A function that makes a tensor of a storage.
  case tensor
  /// A function that returns its first argument.
  case parameter
  /// A function that calls another.
  case rebuildFromType
  case size
  /// What programs keep beside their weights; it is not looked at.
  case inert
  case refused

  init(_ symbol: String) {
    if let known = PyTorchSymbol.known[symbol] {
      self = known
    } else {
      let root = symbol.prefix { $0 != "." }
      self = PyTorchSymbol.inertModules.contains(String(root)) ? .inert : .refused
    }
  }

  private static let known: [String: PyTorchSymbol] = [
    "collections.OrderedDict": .orderedDictionary,
    "torch._utils._rebuild_tensor": .tensor,
    "torch._utils._rebuild_tensor_v2": .tensor,
    "torch._utils._rebuild_tensor_v3": .tensor,
    "torch._utils._rebuild_parameter": .parameter,
    "torch._utils._rebuild_parameter_with_state": .parameter,
    "torch._tensor._rebuild_from_type_v2": .rebuildFromType,
    "torch.Size": .size,
    "builtins.set": .inert, "builtins.frozenset": .inert, "builtins.slice": .inert,
    "builtins.complex": .inert, "builtins.bytearray": .inert, "builtins.range": .inert,
    "__builtin__.set": .inert, "__builtin__.frozenset": .inert, "__builtin__.object": .inert,
  ]

  /// Packages whose classes stand in checkpoints for settings, numbers and states of training.
  private static let inertModules: Set<String> = [
    "_codecs", "addict", "argparse", "collections", "copy_reg", "copyreg", "datetime", "easydict",
    "enum", "fvcore", "mmcv", "mmengine", "ml_collections", "numpy", "omegaconf", "pathlib",
    "timm", "torch", "transformers", "typing", "yacs",
  ]

  /// The type of a storage's elements, by the storage's class or the tensor's type; that of an
  /// untyped storage is bytes.
  static let dataTypes: [String: DataType] = [
    "torch.FloatStorage": .f32, "torch.DoubleStorage": .f64, "torch.HalfStorage": .f16,
    "torch.BFloat16Storage": .bf16, "torch.LongStorage": .i64, "torch.IntStorage": .i32,
    "torch.ShortStorage": .i16, "torch.CharStorage": .i8, "torch.ByteStorage": .u8,
    "torch.BoolStorage": .bool, "torch.UntypedStorage": .u8,
    "torch.storage.UntypedStorage": .u8, "torch.ComplexFloatStorage": .c64,
    "torch.float32": .f32, "torch.float64": .f64, "torch.float16": .f16, "torch.bfloat16": .bf16,
    "torch.int64": .i64, "torch.int32": .i32, "torch.int16": .i16, "torch.int8": .i8,
    "torch.uint8": .u8, "torch.uint16": .u16, "torch.uint32": .u32, "torch.uint64": .u64,
    "torch.bool": .bool, "torch.complex64": .c64, "torch.float8_e4m3fn": .f8E4M3,
    "torch.float8_e5m2": .f8E5M2,
  ]
}

/// A run of elements that tensors share.
package struct PickledStorage: Hashable, Sendable {
  package let key: String
  /// The class of the storage, such as `torch.FloatStorage`.
  package let symbol: String
  /// Elements, or bytes of an untyped storage.
  package let count: Int
  /// Where a storage that is a part of another begins in it.
  let start: Int

  /// `nil` when the items are not what PyTorch writes.
  init?(_ items: [PickleGraph.Value], in graph: PickleGraph) {
    guard items.count >= 5, case .symbol(let symbol) = items[1], case .text(let key) = items[2],
      case .int(let count) = items[4], count >= 0, key.utf8.count <= CheckpointLimit.line.value
    else { return nil }
    self.symbol = symbol
    guard items.count > 5, items[5] != .none else {
      (self.key, self.count, start) = (key, count, 0)
      return
    }
    // A view of a storage: the root's key is that of the data.
    guard let view = graph.items(items[5]), view.count == 3, case .int(let start) = view[1],
      case .int(let size) = view[2], start >= 0, size >= 0, start <= count, size <= count - start
    else { return nil }
    (self.key, self.count, self.start) = (key, count, start)
  }

  package var dataType: DataType? { PyTorchSymbol.dataTypes[symbol] }
}

/// A tensor as a pickle describes it, not yet held against its storage.
package struct PickledTensor: Hashable, Sendable {
  package let storage: PickledStorage
  /// `nil` of types that are not known here.
  package let dataType: DataType?
  package let offset: Int
  package let shape: [Int]
  package let strides: [Int]

  /// `nil` when the arguments are not what PyTorch writes.
  init?(_ arguments: [PickleGraph.Value], from symbol: String, in graph: PickleGraph) {
    guard arguments.count >= 4, case .storage(let place) = arguments[0],
      case .int(let offset) = arguments[1], let shape = graph.counts(arguments[2]),
      let strides = graph.counts(arguments[3]), offset >= 0
    else { return nil }
    storage = graph.storages[place]
    let (start, overflows) = offset.addingReportingOverflow(storage.start)
    guard !overflows else { return nil }
    (self.offset, self.shape, self.strides) = (start, shape, strides)
    guard symbol.hasSuffix("_v3") else {
      dataType = storage.dataType
      return
    }
    guard arguments.count > 6, case .symbol(let type) = arguments[6] else { return nil }
    dataType = PyTorchSymbol.dataTypes[type]
  }
}
