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

extension ArrayFileError: CustomStringConvertible {
  /// What is wrong, in words that go on after the file's name.
  package var description: String {
    switch self {
    case .truncated(let bytes, let needed): "it has \(bytes) bytes and needs \(needed)"
    case .headerTooLong(let bytes, let limit):
      "its header has \(bytes) bytes; the limit is \(limit)"
    case .malformedHeader(let offset, let expected):
      "its header has no \(expected) at byte \(offset)"
    case .duplicate(let tensor): "it names \(tensor) twice"
    case .unknownDataType(let tensor, let name): "\(tensor ?? "its array") has the type \(name)"
    case .tooManyAxes(let count, let limit): "it has \(count) axes; the limit is \(limit)"
    case .shapeTooLarge(let tensor, let shape):
      "\(tensor ?? "its array") of shape \(shape) is too large"
    case .wrongByteCount(let tensor, let bytes, let needed):
      "\(tensor) has \(bytes) bytes and needs \(needed)"
    case .partialByte(let tensor, let bits): "\(tensor) has \(bits) bits, which fill no bytes"
    case .outOfRange(let tensor, let begin, let end, let available):
      "\(tensor) lies in bytes \(begin) to \(end) of \(available)"
    case .overlap(let tensor, let begin, let end):
      "\(tensor) begins at byte \(begin), before the end of another at \(end)"
    case .hole(let tensor, let begin, let end):
      "\(tensor) begins at byte \(begin), behind the end of the one before at \(end)"
    case .trailingBytes(let tensor, let count):
      "there are \(count) bytes behind \(tensor ?? "its array")"
    case .malformedDeflation(let bytes, let wanted):
      "\(bytes) compressed bytes are damaged, or stand for others than \(wanted)"
    case .missing(let tensor): "it has no tensor \(tensor)"
    case .notIntegers(let type): "its elements are \(type.rawValue), no integers"
    case .exceedsInt32(let place): "element \(place) exceeds 32 bits"
    }
  }
}
