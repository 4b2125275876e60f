/// Finds the delimiter lines of a multipart body, from front to back.
///
/// A delimiter is CR LF, two hyphens and the boundary; the first may be at the very beginning
/// without CR LF. Only its first byte is a CR, so after a mismatch the search continues at the
/// mismatched byte, and the whole takes linear time.
struct DelimiterScanner {
  struct Delimiter {
    /// The offset at which the preceding line ends.
    let start: Int
    /// The offset after the delimiter's line.
    let end: Int
    let isLast: Bool
  }

  private let body: [UInt8]
  private let pattern: [UInt8]
  private var position = 0

  init(body: [UInt8], boundary: [UInt8]) {
    self.body = body
    pattern =
      [ASCII.carriageReturn, ASCII.lineFeed, ASCII.hyphen, ASCII.hyphen] + boundary
  }

  /// The next delimiter that begins at or after an offset.
  mutating func next(from offset: Int = 0) throws(MultipartError) -> Delimiter? {
    position = max(position, offset)
    while let (start, end) = nextMatch() {
      position = end
      if let delimiter = try delimiter(from: start, to: end) { return delimiter }
    }
    return nil
  }

  private func nextMatch() -> (start: Int, end: Int)? {
    if position == 0, body.starts(with: pattern.dropFirst(2)) {
      return (0, pattern.count - 2)
    }
    let bytes = body.span
    let pattern = pattern.span
    var index = position
    while index + pattern.count <= bytes.count {
      var matched = 0
      while matched < pattern.count, bytes[index + matched] == pattern[matched] { matched += 1 }
      if matched == pattern.count { return (index, index + matched) }
      index += max(matched, 1)
    }
    return nil
  }

  /// Evaluates the bytes after a match: `nil` when the line continues and so is data.
  private func delimiter(
    from start: Int, to end: Int
  ) throws(MultipartError) -> Delimiter? {
    let following = body[end...].prefix(2)
    if following.elementsEqual([ASCII.carriageReturn, ASCII.lineFeed]) {
      return Delimiter(start: start, end: end + 2, isLast: false)
    }
    if following.elementsEqual([ASCII.hyphen, ASCII.hyphen]) {
      let after = body[(end + 2)...].prefix(2)
      guard after.isEmpty || after.elementsEqual([ASCII.carriageReturn, ASCII.lineFeed]) else {
        throw .malformedDelimiter(offset: end + 2)
      }
      return Delimiter(start: start, end: end + 2, isLast: true)
    }
    if let byte = following.first, !byte.isFieldValueByte || byte.isBlank {
      throw .malformedDelimiter(offset: end)
    }
    return nil
  }
}
