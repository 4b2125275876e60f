/// Words and numbers in ASCII, parted by white space; `#` begins a comment, up to the line's end.
struct TextFields {
  let format: ImageFormat
  let bytes: [UInt8]
  private(set) var position: Int

  /// No word of these headers is longer.
  private static let longest = 64

  init(format: ImageFormat, bytes: [UInt8], position: Int) {
    self.format = format
    self.bytes = bytes
    self.position = position
  }

  private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (9...13).contains(byte) }

  /// The next word; it ends before white space, a comment or the file's end.
  mutating func word() throws(CodecError) -> String {
    skip()
    let start = position
    while position < bytes.count, !Self.isSpace(bytes[position]), bytes[position] != 0x23 {
      position += 1
      guard position - start <= Self.longest else {
        throw .damaged(format, reason: "a word of its header is too long")
      }
    }
    guard position > start else {
      throw .truncated(format, reason: "the file ends in its header")
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  /// The next word as a number of at most nine digits.
  mutating func integer() throws(CodecError) -> Int {
    var value = try digit()
    var digits = 1
    while position < bytes.count, (0x30...0x39).contains(bytes[position]), digits < 9 {
      value = value * 10 + Int(bytes[position] - 0x30)
      position += 1
      digits += 1
    }
    guard position == bytes.count || Self.isSpace(bytes[position]) || bytes[position] == 0x23 else {
      throw .damaged(format, reason: "it has a wrong number")
    }
    return value
  }

  /// The next digit, whatever follows it.
  mutating func digit() throws(CodecError) -> Int {
    skip()
    guard position < bytes.count else {
      throw .truncated(format, reason: "the file ends where a number is missing")
    }
    guard (0x30...0x39).contains(bytes[position]) else {
      throw .damaged(format, reason: "it has a wrong number")
    }
    position += 1
    return Int(bytes[position - 1] - 0x30)
  }

  /// The rest of the line, without the white space around it.
  mutating func line() -> String {
    let start = position
    while position < bytes.count, bytes[position] != 0x0A, position - start < 1024 { position += 1 }
    let text = bytes[start..<position].drop { Self.isSpace($0) }
    return String(decoding: text.reversed().drop { Self.isSpace($0) }.reversed(), as: UTF8.self)
  }

  /// The offset behind the one white space that ends the header.
  mutating func end() throws(CodecError) -> Int {
    guard position < bytes.count, Self.isSpace(bytes[position]) else {
      throw .truncated(format, reason: "the file ends in its header")
    }
    position += 1
    return position
  }

  /// Skips white space and comments.
  mutating func skip() {
    while position < bytes.count {
      if bytes[position] == 0x23 {
        while position < bytes.count, bytes[position] != 0x0A, bytes[position] != 0x0D {
          position += 1
        }
      } else if Self.isSpace(bytes[position]) {
        position += 1
      } else {
        return
      }
    }
  }
}
