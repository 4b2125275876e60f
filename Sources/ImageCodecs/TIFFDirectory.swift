/// The tags of one page, with their values left where they are.
///
/// Source: TIFF 6.0 §2 (a count of 16 bits, entries of 12 bytes, the next offset); the BigTIFF
/// design (64 bits, 20 bytes).
struct TIFFDirectory: Sendable {
  private struct Entry {
    let type: Int
    let count: Int
    /// Where the values begin, in the entry or elsewhere.
    let offset: Int
  }

  /// Tags beyond these are not looked for; they are in order, and programs write fewer than 100.
  static let entriesRead = 1000
  /// Bytes of a text that are read: a description in XML has some for every plane.
  static let textRead = 16 << 20

  let file: TIFFBytes
  private let entries: [Int: Entry]

  /// Reads the directory at an offset, as far as it lies in the file.
  init(at offset: Int, in file: TIFFBytes) {
    self.file = file
    let (width, size) = file.isBig ? (8, 20) : (2, 12)
    var entries: [Int: Entry] = [:]
    for index in 0..<min(file.integer(at: offset, width: width) ?? 0, Self.entriesRead) {
      let start = offset + width + index * size
      guard let tag = file.integer(at: start, width: 2),
        let type = file.integer(at: start + 2, width: 2), let width = Self.width(of: type),
        let count = file.integer(at: start + 4, width: file.offsetWidth),
        let pointer = file.integer(at: start + 4 + file.offsetWidth, width: file.offsetWidth)
      else { continue }
      let isInside = count <= file.offsetWidth / width
      entries[tag] = Entry(
        type: type, count: count,
        offset: isInside ? start + 4 + file.offsetWidth : min(pointer, file.bytes.count))
    }
    self.entries = entries
  }

  private static func width(of type: Int) -> Int? {
    switch type {
    case 1, 2, 6, 7: 1
    case 3, 8: 2
    case 4, 9, 11, 13: 4
    case 5, 10, 12, 16, 17, 18: 8
    default: nil
    }
  }

  /// The number of values of a tag; 0 without it.
  func count(of tag: Int) -> Int { entries[tag]?.count ?? 0 }

  /// An unsigned value of a tag.
  func integer(_ tag: Int, at index: Int = 0) -> Int? {
    guard let entry = entries[tag], index < entry.count, [1, 3, 4, 16].contains(entry.type),
      let width = Self.width(of: entry.type)
    else { return nil }
    return file.integer(at: entry.offset + index * width, width: width)
  }

  /// The first value of a tag of rational numbers, if it is above 0.
  func rational(_ tag: Int) -> Double? {
    guard let entry = entries[tag], entry.type == 5, entry.count > 0,
      let numerator = file.integer(at: entry.offset, width: 4),
      let denominator = file.integer(at: entry.offset + 4, width: 4),
      numerator > 0, denominator > 0
    else { return nil }
    return Double(numerator) / Double(denominator)
  }

  /// The bytes of a tag of texts or bytes, as far as they lie in the file; empty without it.
  func bytes(_ tag: Int) -> ArraySlice<UInt8> {
    guard let entry = entries[tag], Self.width(of: entry.type) == 1,
      entry.offset < file.bytes.count
    else { return [] }
    let count = min(entry.count, file.bytes.count - entry.offset, Self.textRead)
    return file.bytes[entry.offset..<entry.offset + count]
  }

  /// The text of a tag up to its first zero, as UTF-8 or else as Latin-1.
  func text(_ tag: Int) -> String {
    let bytes = bytes(tag).prefix { $0 != 0 }
    if let text = String(validating: bytes, as: UTF8.self) { return text }
    return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) }))
  }

  /// A little-endian double inside a tag's bytes.
  func double(_ tag: Int, at offset: Int) -> Double? {
    let bytes = bytes(tag).dropFirst(offset).prefix(8)
    guard bytes.count == 8 else { return nil }
    return Double(bitPattern: bytes.reversed().reduce(0) { $0 << 8 | UInt64($1) })
  }
}
