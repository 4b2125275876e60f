import Files

/// The directory of a ZIP archive as it stands in the file.
struct ZIPDirectory {
  struct Entry {
    let name: String
    /// Where the member's local header begins.
    let header: Int
    let isDeflated: Bool
    /// Bytes in the file, and bytes of the contents.
    let stored: Int
    let size: Int
  }

  /// Where the directory begins; all members lie before it.
  let start: Int
  private(set) var entries: [Entry] = []

  init(_ source: any ByteSource) throws(CheckpointError) {
    let end = try ZIPDirectory.end(of: source)
    start = end.start
    try CheckpointLimit.members.check(end.entries)
    try CheckpointLimit.directory.check(end.length)
    let bytes = try source.checkedBytes(from: end.start, end.length)
    var offset = 0
    for _ in 0..<end.entries {
      entries.append(try entry(in: bytes, at: &offset))
    }
  }

  private func entry(in bytes: [UInt8], at offset: inout Int) throws(CheckpointError) -> Entry {
    let start = offset
    func fail(_ expected: String) -> CheckpointError {
      .malformedArchive(offset: self.start + start, expected: expected)
    }
    guard offset + 46 <= bytes.count, bytes.integer(UInt32.self, at: offset) == 0x0201_4b50 else {
      throw fail("an entry of the directory")
    }
    let lengths = [28, 30, 32].map { Int(bytes.integer(UInt16.self, at: start + $0)) }
    let (name, extra) = (offset + 46, offset + 46 + lengths[0])
    offset = extra + lengths[1] + lengths[2]
    guard offset <= bytes.count else { throw fail("a whole entry") }
    try CheckpointLimit.memberName.check(lengths[0])
    guard let text = String(validating: bytes[name..<extra], as: UTF8.self) else {
      throw fail("a name in UTF-8")
    }
    guard bytes.integer(UInt16.self, at: start + 8) & 1 == 0 else {
      throw fail("no encryption")
    }
    let method = bytes.integer(UInt16.self, at: start + 10)
    guard method == 0 || method == 8 else { throw fail("a stored or deflated member") }
    let fields = [24, 20, 42].map { bytes.integer(UInt32.self, at: start + $0) }
    guard let values = ZIPDirectory.widened(fields, by: bytes[extra..<extra + lengths[1]]) else {
      throw fail("the sizes of a large member")
    }
    guard method == 8 || values[0] == values[1] else { throw fail("a stored member of its size") }
    return Entry(
      name: text, header: values[2], isDeflated: method == 8, stored: values[1], size: values[0])
  }

  /// Size, stored size and offset, of which those that fill their 32 bits stand in an extra field.
  private static func widened(_ fields: [UInt32], by extra: ArraySlice<UInt8>) -> [Int]? {
    let extra = Array(extra)
    var wide: [UInt64] = []
    var offset = 0
    while offset + 4 <= extra.count {
      let length = Int(extra.integer(UInt16.self, at: offset + 2))
      guard offset + 4 + length <= extra.count else { break }
      if extra.integer(UInt16.self, at: offset) == 1 {
        wide = (0..<length / 8).map { extra.integer(UInt64.self, at: offset + 4 + 8 * $0) }
        break
      }
      offset += 4 + length
    }
    var values: [Int] = []
    var next = wide.makeIterator()
    for field in fields {
      guard let value = field == .max ? next.next() : UInt64(field), let value = Int(exactly: value)
      else { return nil }
      values.append(value)
    }
    return values
  }
}

extension ZIPDirectory {
  private typealias End = (start: Int, length: Int, entries: Int)

  /// Where the directory lies, by the record at the archive's end.
  private static func end(of source: any ByteSource) throws(CheckpointError) -> End {
    // The record is followed by a comment of at most 65,535 bytes.
    let first = max(0, source.count - 22 - 0xFFFF)
    let tail = try source.bytes(first..<source.count)
    guard
      let place = (0..<max(0, tail.count - 21)).reversed().first(where: {
        tail.integer(UInt32.self, at: $0) == 0x0605_4b50
          && $0 + 22 + Int(tail.integer(UInt16.self, at: $0 + 20)) == tail.count
      })
    else { throw .malformedArchive(offset: source.count, expected: "the end of a ZIP archive") }
    let entries = tail.integer(UInt16.self, at: place + 10)
    let (length, start) = (
      tail.integer(UInt32.self, at: place + 12), tail.integer(UInt32.self, at: place + 16)
    )
    if entries < .max && length < .max && start < .max {
      return (Int(start), Int(length), Int(entries))
    }
    return try largeEnd(of: source, before: first + place)
  }

  private static func largeEnd(
    of source: any ByteSource, before end: Int
  ) throws(CheckpointError) -> End {
    let locator = try source.checkedBytes(from: end - 20, 20)
    guard locator.integer(UInt32.self, at: 0) == 0x0706_4b50,
      let place = Int(exactly: locator.integer(UInt64.self, at: 8))
    else { throw .malformedArchive(offset: end, expected: "the end of a large ZIP archive") }
    let record = try source.checkedBytes(from: place, 56)
    guard record.integer(UInt32.self, at: 0) == 0x0606_4b50,
      let entries = Int(exactly: record.integer(UInt64.self, at: 32)),
      let length = Int(exactly: record.integer(UInt64.self, at: 40)),
      let start = Int(exactly: record.integer(UInt64.self, at: 48))
    else { throw .malformedArchive(offset: place, expected: "the end of a large ZIP archive") }
    return (start, length, entries)
  }
}
