import Tensors

/// A tensor's elements as float32, in C order, a piece at a time.
///
/// Of a tensor that lies in C order no more than a piece is in memory; of any other, and of one
/// that is compressed, the run of the file in which its elements lie.
package struct TensorPieces: Sendable {
  /// Elements of a piece, at most.
  static let pieceLength = 1 << 18

  private let name: String
  private let tensor: StoredTensor
  private let file: any ByteSource
  /// Elements given so far.
  private var given = 0
  /// The bytes in which the elements lie, where they are not read piece by piece.
  private var span: [UInt8]?
  /// The element of the storage with which the span begins.
  private var spanStart = 0

  init(_ tensor: StoredTensor, named name: String, in file: any ByteSource) {
    self.tensor = tensor
    self.name = name
    self.file = file
  }

  /// The next piece, `nil` at the end.
  package mutating func next() throws(CheckpointError) -> [Float]? {
    guard given < tensor.count else { return nil }
    let elements = given..<min(given + TensorPieces.pieceLength, tensor.count)
    given = elements.upperBound
    let bytes = try stored(elements)
    guard let floats = tensor.dataType.floats(bytes.span) else {
      throw .notConvertible(tensor: name, dataType: tensor.dataType)
    }
    return floats
  }

  /// Elements, counted in C order, as the file has them.
  private mutating func stored(_ elements: Range<Int>) throws(CheckpointError) -> [UInt8] {
    let size = tensor.dataType.bits / 8
    if tensor.isContiguous && !tensor.storage.isDeflated {
      let first = tensor.storage.range.lowerBound + (tensor.offset + elements.lowerBound) * size
      return try file.bytes(first..<first + elements.count * size)
    }
    if span == nil { span = try readSpan(size) }
    guard let span else { return [] }
    var bytes: [UInt8] = []
    bytes.reserveCapacity(elements.count * size)
    var walk = Walk(tensor, from: elements.lowerBound)
    for _ in elements {
      let place = (walk.place - spanStart) * size
      bytes.append(contentsOf: span[place..<place + size])
      walk.advance()
    }
    return bytes
  }

  private mutating func readSpan(_ size: Int) throws(CheckpointError) -> [UInt8] {
    let storage = tensor.storage
    guard !storage.isDeflated else {
      try CheckpointLimit.inflated.check(storage.count)
      return try inflated(try file.bytes(storage.range), to: storage.count)
    }
    let reach = zip(tensor.shape, tensor.strides).reduce(0) { $0 + ($1.0 - 1) * $1.1 }
    try CheckpointLimit.elements.check(reach + 1)
    spanStart = tensor.offset
    let first = storage.range.lowerBound + tensor.offset * size
    return try file.bytes(first..<first + (reach + 1) * size)
  }
}

extension TensorPieces {
  /// Goes through a tensor's elements in C order.
  private struct Walk {
    private let shape: [Int]
    private let strides: [Int]
    private var index: [Int]
    /// The element of the storage.
    private(set) var place: Int

    init(_ tensor: StoredTensor, from element: Int) {
      (shape, strides, place) = (tensor.shape, tensor.strides, tensor.offset)
      index = [Int](repeating: 0, count: shape.count)
      var rest = element
      for axis in shape.indices.reversed() {
        index[axis] = rest % shape[axis]
        rest /= shape[axis]
        place += index[axis] * strides[axis]
      }
    }

    /// Counts the index up, its last axis fastest.
    mutating func advance() {
      for axis in shape.indices.reversed() {
        index[axis] += 1
        place += strides[axis]
        if index[axis] < shape[axis] { return }
        place -= index[axis] * strides[axis]
        index[axis] = 0
      }
    }
  }
}
