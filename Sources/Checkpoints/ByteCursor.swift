import Files

/// Reads a source from front to back, a buffer at a time.
struct ByteCursor {
  private let source: any ByteSource
  /// Where reading began; no more than the limit is read from there.
  private let start: Int
  private(set) var position: Int
  private var buffer: [UInt8] = []
  /// Where the buffer begins in the source.
  private var origin = 0
  /// Bytes read ahead at a time.
  private static let ahead = 1 << 16

  init(_ source: any ByteSource, at position: Int = 0) {
    self.source = source
    self.position = position
    start = position
  }

  mutating func byte() throws(CheckpointError) -> UInt8 {
    if position >= origin + buffer.count { try fill() }
    defer { position += 1 }
    return buffer[position - origin]
  }

  mutating func bytes(_ count: Int) throws(CheckpointError) -> [UInt8] {
    try check(count)
    guard position + count > origin + buffer.count else {
      defer { position += count }
      return Array(buffer[position - origin..<position - origin + count])
    }
    let bytes = try source.checkedBytes(from: position, count)
    position += count
    return bytes
  }

  mutating func integer<Value: FixedWidthInteger & UnsignedInteger>(
    _ type: Value.Type
  ) throws(CheckpointError) -> Value {
    try bytes(Value.bitWidth / 8).integer(type, at: 0)
  }

  /// The bytes before the next line feed, which is passed over.
  mutating func line() throws(CheckpointError) -> [UInt8] {
    var line: [UInt8] = []
    while true {
      let next = try byte()
      if next == UInt8(ascii: "\n") { return line }
      line.append(next)
      try CheckpointLimit.line.check(line.count)
    }
  }

  private func check(_ count: Int) throws(CheckpointError) {
    guard count <= source.count - position else {
      let (needed, overflows) = position.addingReportingOverflow(count)
      throw .truncated(bytes: source.count, needed: overflows ? Int.max : needed)
    }
    try CheckpointLimit.pickle.check(position - start + count)
  }

  private mutating func fill() throws(CheckpointError) {
    try check(1)
    origin = position
    buffer = try source.bytes(position..<min(position + ByteCursor.ahead, source.count))
  }
}
