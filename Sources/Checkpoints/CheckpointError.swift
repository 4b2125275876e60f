/// What is wrong with a checkpoint; every case but the first five names the tensor.
package enum CheckpointError: Error, Hashable, Sendable {
  /// The system refused the file; `code` is its `errno`.
  case unreadable(path: String, code: Int32)
  /// A folder, a pipe or a device.
  case notAFile(path: String)
  /// Fewer bytes than the header's length and the header need.
  case truncated(bytes: Int, needed: UInt64)
  case headerTooLong(bytes: UInt64, limit: Int)
  /// The header's byte at `offset` is not what the format has there.
  case malformedHeader(offset: Int, expected: String)

  case duplicate(tensor: String)
  case unknownDataType(tensor: String, name: String)
  /// The shape's elements, or their bytes, exceed the integers.
  case shapeTooLarge(tensor: String, shape: [Int])
  /// The offsets span `bytes`, the shape and the type need `needed`.
  case wrongByteCount(tensor: String, bytes: Int, needed: Int)
  /// Shapes of sub-byte elements that do not fill their last byte.
  case partialByte(tensor: String, bits: Int)
  /// Offsets in the wrong order or past the data's end.
  case outOfRange(tensor: String, begin: Int, end: Int, available: Int)
  case overlap(tensor: String, begin: Int, previousEnd: Int)
  case hole(tensor: String, begin: Int, previousEnd: Int)
  /// Data after the last tensor, which is `nil` when there is none.
  case trailingBytes(tensor: String?, count: Int)

  case missing(tensor: String)
  case wrongShape(tensor: String, wanted: [Int], found: [Int])
  /// A tensor of a type that has no conversion to float32.
  case notConvertible(tensor: String, dataType: DataType)
}
