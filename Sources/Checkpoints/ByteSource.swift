package import Files

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

/// A file is read where it is asked, and never mapped: one that is shortened meanwhile is an error,
/// where a mapping would end the process.
extension File: ByteSource {
  package var count: Int { status.bytes }

  package func bytes(_ range: Range<Int>) throws(CheckpointError) -> [UInt8] {
    precondition(range.lowerBound >= 0 && range.upperBound <= count, "\(range) of \(count) bytes")
    let bytes: [UInt8]
    do { bytes = try read(range) } catch { throw .unreadable(error) }
    guard bytes.count == range.count else {
      throw .truncated(bytes: range.lowerBound + bytes.count, needed: range.upperBound)
    }
    return bytes
  }
}
