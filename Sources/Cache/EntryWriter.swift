import Files

/// Takes the payload of an entry that is being written, in pieces of any length.
///
/// What the disk refuses is remembered, and the rest is then swallowed: a caller that makes its
/// pieces at some cost may look at `hasFailed` and stop.
package struct EntryWriter {
  private var file: AtomicFile?
  private let header: [UInt8]
  private var segment: [UInt8] = []
  private var index = 0
  /// Bytes of the payload that are still to come.
  package private(set) var remaining: Int
  private(set) var failure: FileError?

  init(replacing path: String, draft: String, for name: EntryName, payload: Int) {
    header = EntryLayout.header(of: name, payload: payload)
    remaining = payload
    segment.reserveCapacity(min(payload, EntryLayout.segmentBytes) + Digest.byteCount)
    do throws(FileError) {
      let file = try AtomicFile(replacing: path, draft: draft, mode: 0o600)
      try file.write(header)
      self.file = file
    } catch {
      failure = error
    }
  }

  package var hasFailed: Bool { failure != nil }

  /// Appends numbers as they lie in memory, which on every machine we run on is little-endian.
  package mutating func append(_ numbers: Span<some BitwiseCopyable>) {
    // SAFETY: numbers have no padding, so each of their bytes is a part of one.
    append(raw: unsafe numbers.bytes)
  }

  package mutating func append(_ bytes: [UInt8]) {
    append(bytes.span)
  }

  /// Writes what is left, and waits until all of it has reached the disk.
  mutating func finish(stamp: Int) throws(FileError) {
    if !segment.isEmpty, !hasFailed { writeSegment() }
    if let failure { throw failure }
    precondition(remaining == 0, "\(remaining) bytes were promised and did not come")
    try file?.stamp(stamp)
    try file?.synchronise()
  }

  /// Gives the written file its entry's name.
  func publish() throws(FileError) { try file?.publish() }

  /// Removes what was written so far.
  func discard() { file?.discard() }

  private mutating func writeSegment() {
    let digest = EntryLayout.digest(of: segment.span, at: index, under: header)
    segment += digest.bytes
    do throws(FileError) { try file?.write(segment) } catch { failure = error }
    segment.removeAll(keepingCapacity: true)
    index += 1
  }

  private mutating func append(raw bytes: RawSpan) {
    precondition(bytes.byteCount <= remaining, "\(bytes.byteCount) bytes, \(remaining) promised")
    remaining -= bytes.byteCount
    var start = 0
    while start < bytes.byteCount, !hasFailed {
      let room = EntryLayout.segmentBytes - segment.count
      let end = min(bytes.byteCount, start + room)
      segment.append(bytes.extracting(start..<end))
      start = end
      if segment.count == EntryLayout.segmentBytes { writeSegment() }
    }
  }
}
