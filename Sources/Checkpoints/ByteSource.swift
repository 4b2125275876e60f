/// Bytes that can be read in any order.
package protocol ByteSource: Sendable {
  var count: Int { get }

  /// A copy of the bytes in a range, which lies inside.
  func bytes(_ range: Range<Int>) throws(CheckpointError) -> [UInt8]
}

extension ByteSource {
  /// The bytes in a range that may lie outside, which is an error.
  func checkedBytes(from start: Int, _ length: Int) throws(CheckpointError) -> [UInt8] {
    let (end, overflows) = start.addingReportingOverflow(length)
    guard !overflows, start >= 0, length >= 0, end <= count else {
      throw .truncated(bytes: count, needed: overflows ? Int.max : end)
    }
    return try bytes(start..<end)
  }
}

/// A file's bytes in memory.
package struct ByteArray: ByteSource {
  private let array: [UInt8]

  package init(_ array: [UInt8]) {
    self.array = array
  }

  package var count: Int { array.count }

  package func bytes(_ range: Range<Int>) throws(CheckpointError) -> [UInt8] {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) of \(count) bytes")
    return Array(array[range])
  }
}

extension [UInt8] {
  /// The little-endian integer whose first byte is at `offset`; all of them are inside.
  func integer<Value: FixedWidthInteger & UnsignedInteger>(
    _ type: Value.Type, at offset: Int
  ) -> Value {
    var value: Value = 0
    for place in (0..<Value.bitWidth / 8).reversed() {
      value = (value &<< 8) | Value(self[offset + place])
    }
    return value
  }
}
