import Files

/// Reads an entry's payload from front to back; everything that it gives has been verified.
package struct EntryReader {
  /// Why an entry has no more to give.
  enum Failure: Equatable {
    /// The file is not what was written under that name.
    case damaged
    case refused(FileError)
  }

  private let file: File
  private let header: [UInt8]
  private let payload: Int
  /// Bytes of the payload that are still to come.
  package private(set) var remaining: Int
  private(set) var failure: Failure?
  /// A segment with its digest, verified, and the part of it that is still to come.
  private var buffer: [UInt8]
  private var unread = 0..<0
  /// The number of the segment behind the one at hand.
  private var index = 0

  /// Takes over an open file; `nil` when it has the wrong length or header.
  ///
  /// No longer than `limit`: a foreign file must not claim the memory.
  init?(_ file: File, of name: EntryName, limit: Int) throws(FileError) {
    guard file.status.bytes <= limit,
      let payload = EntryLayout.payloadBytes(file: file.status.bytes)
    else { return nil }
    let expected = EntryLayout.header(of: name, payload: payload)
    var found = [UInt8](repeating: 0, count: expected.count)
    guard try file.read(found.count, into: &found) == found.count, found == expected else {
      return nil
    }
    (self.file, self.header, self.payload, remaining) = (file, expected, payload, payload)
    buffer = [UInt8](
      repeating: 0, count: min(payload, EntryLayout.segmentBytes) + Digest.byteCount)
  }

  /// Fills memory with the next bytes; false where there are fewer, or not those that were written.
  package mutating func read(into memory: inout MutableRawSpan) -> Bool {
    // SAFETY: the memory is lent for the call, which writes within it.
    unsafe memory.withUnsafeMutableBytes { bytes in unsafe read(into: bytes) }
  }

  /// The next numbers, little-endian, of a type that holds any bits; `nil` as above.
  package mutating func numbers<Number: BitwiseCopyable>(
    _ type: Number.Type, _ count: Int
  ) -> [Number]? {
    let (bytes, overflows) = count.multipliedReportingOverflow(by: MemoryLayout<Number>.stride)
    guard count >= 0, !overflows, bytes <= remaining else { return nil }
    // SAFETY: all of the array is written, or none of it is taken for initialised.
    let numbers = unsafe [Number](unsafeUninitializedCapacity: count) { buffer, initialized in
      initialized = unsafe read(into: UnsafeMutableRawBufferPointer(buffer)) ? count : 0
    }
    return numbers.count == count ? numbers : nil
  }

  /// The bytes before the next line feed, which is passed over; `nil` where they exceed a limit.
  package mutating func line(limit: Int) -> [UInt8]? {
    var line: [UInt8] = []
    while line.count <= limit, remaining > 0, isReady() {
      let end = buffer[unread].firstIndex(of: UInt8(ascii: "\n"))
      line += buffer[unread.lowerBound..<(end ?? unread.upperBound)]
      pass((end.map { $0 + 1 } ?? unread.upperBound) - unread.lowerBound)
      if end != nil { return line.count <= limit ? line : nil }
    }
    return nil
  }

  private mutating func read(into memory: UnsafeMutableRawBufferPointer) -> Bool {
    guard memory.count <= remaining else { return false }
    var filled = 0
    while filled < memory.count {
      guard isReady() else { return false }
      let count = min(unread.count, memory.count - filled)
      // SAFETY: `count` is within what is left of both.
      unsafe buffer.withUnsafeBytes { bytes in
        let part = unsafe UnsafeRawBufferPointer(rebasing: bytes[unread].prefix(count))
        unsafe UnsafeMutableRawBufferPointer(rebasing: memory[filled...]).copyMemory(from: part)
      }
      pass(count)
      filled += count
    }
    return true
  }

  private mutating func pass(_ count: Int) {
    unread = unread.lowerBound + count..<unread.upperBound
    remaining -= count
  }

  /// Whether bytes are at hand, for which the next segment is read where there are none.
  private mutating func isReady() -> Bool {
    guard unread.isEmpty else { return true }
    guard failure == nil else { return false }
    let count = min(EntryLayout.segmentBytes, payload - index * EntryLayout.segmentBytes)
    do throws(FileError) {
      let whole = count + Digest.byteCount
      let isWhole = try file.read(whole, into: &buffer) == whole
      let digest = EntryLayout.digest(
        of: buffer.span.extracting(0..<count), at: index, under: header)
      guard isWhole, digest.bytes[...] == buffer[count..<whole] else {
        failure = .damaged
        return false
      }
    } catch {
      failure = .refused(error)
      return false
    }
    unread = 0..<count
    index += 1
    return true
  }
}
