/// What is wrong with a file of arrays; a tensor is named where the format names its arrays.
package enum ArrayFileError: Error, Hashable, Sendable {
  /// Fewer bytes than the header's length, the header and the elements need.
  case truncated(bytes: Int, needed: UInt64)
  case headerTooLong(bytes: UInt64, limit: Int)
  /// The header's byte at `offset` is not what the format has there.
  case malformedHeader(offset: Int, expected: String)

  case duplicate(tensor: String)
  case unknownDataType(tensor: String?, name: String)
  /// More axes than are read.
  case tooManyAxes(count: Int, limit: Int)
  /// The shape's elements, or their bytes, exceed the integers.
  case shapeTooLarge(tensor: String?, shape: [Int])
  /// The offsets span `bytes`, the shape and the type need `needed`.
  case wrongByteCount(tensor: String, bytes: Int, needed: Int)
  /// Shapes of sub-byte elements that do not fill their last byte.
  case partialByte(tensor: String, bits: Int)
  /// Offsets in the wrong order or past the data's end.
  case outOfRange(tensor: String, begin: Int, end: Int, available: Int)
  case overlap(tensor: String, begin: Int, previousEnd: Int)
  case hole(tensor: String, begin: Int, previousEnd: Int)
  /// Data after the last tensor, which is `nil` when there is none or it has no name.
  case trailingBytes(tensor: String?, count: Int)

  /// Compressed bytes that are damaged, or stand for more or fewer bytes than `wanted`.
  case malformedDeflation(bytes: Int, wanted: Int)
  case missing(tensor: String)
  /// Integers are wanted, and these are none.
  case notIntegers(ElementType)
  /// The element at a place, in C order, exceeds 32 bits.
  case exceedsInt32(place: Int)
}
