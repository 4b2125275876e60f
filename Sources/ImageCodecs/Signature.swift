/// Bytes that every file of a kind has at fixed offsets.
struct Signature: Sendable {
  private let parts: [(offset: Int, bytes: [UInt8])]

  init(_ bytes: [UInt8], at offset: Int = 0) {
    parts = [(offset, bytes)]
  }

  /// ASCII characters.
  init(_ text: String, at offset: Int = 0) {
    self.init(Array(text.utf8), at: offset)
  }

  private init(parts: [(Int, [UInt8])]) {
    self.parts = parts
  }

  func and(_ bytes: [UInt8], at offset: Int) -> Signature {
    Signature(parts: parts + [(offset, bytes)])
  }

  func and(_ text: String, at offset: Int) -> Signature { and(Array(text.utf8), at: offset) }

  func matches(_ bytes: [UInt8]) -> Bool {
    parts.allSatisfy { part in
      bytes.count >= part.offset + part.bytes.count
        && bytes[part.offset..<part.offset + part.bytes.count].elementsEqual(part.bytes)
    }
  }
}
