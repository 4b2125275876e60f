import Digests

/// Reads an entry's payload from its file, a segment at a time, each verified before it is lent.
struct EntryReader {
  /// How a reading ended.
  enum End: Equatable {
    case whole
    /// Whoever was lent the segments wants no more.
    case stopped
    /// The file is not what was written under that name.
    case damaged
    case failed(SystemFailure)
  }

  private let file: File
  private let header: [UInt8]
  /// Bytes of the payload.
  let payload: Int

  /// Takes over an open file; `nil` when it has the wrong kind, length or header.
  ///
  /// No longer than `limit`: a file that nobody wrote here must not claim the memory.
  init?(_ file: File, of name: EntryName, limit: Int) throws(SystemFailure) {
    let status = try file.status()
    guard status.isRegular, status.bytes <= limit,
      let payload = EntryLayout.payloadBytes(file: status.bytes)
    else { return nil }
    let expected = EntryLayout.header(of: name, payload: payload)
    var found = [UInt8](repeating: 0, count: expected.count)
    guard try file.read(found.count, into: &found) == found.count, found == expected else {
      return nil
    }
    (self.file, self.header, self.payload) = (file, expected, payload)
  }

  /// Lends the segments in order, until `body` returns false.
  func read<Failure: Error>(
    _ body: (Span<UInt8>) throws(Failure) -> Bool
  ) throws(Failure) -> End {
    var buffer = [UInt8](
      repeating: 0, count: min(payload, EntryLayout.segmentBytes) + Digest.byteCount)
    for (index, start) in stride(from: 0, to: payload, by: EntryLayout.segmentBytes).enumerated() {
      let count = min(EntryLayout.segmentBytes, payload - start)
      let isComplete: Bool
      do throws(SystemFailure) {
        isComplete =
          try file.read(count + Digest.byteCount, into: &buffer) == count + Digest.byteCount
      } catch {
        return .failed(error)
      }
      let segment = buffer.span.extracting(0..<count)
      let digest = EntryLayout.digest(of: segment, at: index, under: header)
      guard isComplete, digest.bytes[...] == buffer[count..<count + Digest.byteCount] else {
        return .damaged
      }
      guard try body(segment) else { return .stopped }
    }
    return .whole
  }
}
