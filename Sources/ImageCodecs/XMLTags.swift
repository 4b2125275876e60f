/// The start and end tags of an XML text, in order; nothing else of it is looked at.
///
/// Malformed text gives fewer or other tags, never an error. Source: XML 1.0 §2.
struct XMLTags: Sequence, IteratorProtocol {
  struct Tag {
    /// Without a namespace's prefix.
    let name: String
    let isEnd: Bool
    fileprivate let content: ArraySlice<UInt8>
    fileprivate let following: ArraySlice<UInt8>

    var attributes: [String: String] { XMLTags.attributes(content) }

    /// The text up to the next tag, if it is short.
    var text: String { String(decoding: following, as: UTF8.self) }
  }

  /// Bytes of a text that are read.
  private static let textRead = 200

  private let bytes: [UInt8]
  private var at = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  mutating func next() -> Tag? {
    while let start = index(of: "<", from: at) {
      if let after = end(of: "<!--", closedBy: "-->", at: start) {
        at = after
      } else if let after = end(of: "<![CDATA[", closedBy: "]]>", at: start) {
        at = after
      } else if let after = end(of: "<?", closedBy: "?>", at: start) {
        at = after
      } else {
        return tag(at: start)
      }
    }
    return nil
  }

  private func index(of character: Character, from start: Int) -> Int? {
    guard start < bytes.count, let code = character.asciiValue else { return nil }
    return bytes[start...].firstIndex(of: code)
  }

  /// The index after a construct that begins at `start`, if it is of that kind.
  private func end(of opening: String, closedBy closing: String, at start: Int) -> Int? {
    guard bytes[start...].starts(with: opening.utf8) else { return nil }
    let closing = Array(closing.utf8)
    var at = start + opening.utf8.count
    while at < bytes.count {
      if bytes[at] == closing[0], bytes[at...].starts(with: closing) { return at + closing.count }
      at += 1
    }
    return bytes.count
  }

  /// Reads the tag that begins at `start`; a quoted value may hold the sign that ends tags.
  private mutating func tag(at start: Int) -> Tag? {
    var end = start + 1
    var quote: UInt8?
    while end < bytes.count, quote != nil || bytes[end] != UInt8(ascii: ">") {
      if bytes[end] == quote {
        quote = nil
      } else if quote == nil, bytes[end] == UInt8(ascii: "\"") || bytes[end] == UInt8(ascii: "'") {
        quote = bytes[end]
      }
      end += 1
    }
    guard end < bytes.count else {
      at = bytes.count
      return nil
    }
    at = end + 1
    var inside = bytes[start + 1..<end]
    let isEnd = inside.first == UInt8(ascii: "/")
    if isEnd { inside.removeFirst() }
    if inside.last == UInt8(ascii: "/") { inside.removeLast() }
    let name = inside.prefix { !Self.isSpace($0) }
    let text = bytes[at...].prefix(Self.textRead).prefix { $0 != UInt8(ascii: "<") }
    return Tag(
      name: Self.local(name), isEnd: isEnd, content: inside.dropFirst(name.count),
      following: text)
  }

  private static func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }

  private static func local(_ name: ArraySlice<UInt8>) -> String {
    let colon = name.lastIndex(of: UInt8(ascii: ":"))
    return String(decoding: colon.map { name[($0 + 1)...] } ?? name, as: UTF8.self)
  }

  fileprivate static func attributes(_ bytes: ArraySlice<UInt8>) -> [String: String] {
    var attributes: [String: String] = [:]
    var rest = bytes
    while let sign = rest.firstIndex(of: UInt8(ascii: "=")) {
      let name = rest[..<sign].filter { !isSpace($0) }
      rest = rest[(sign + 1)...].drop(while: isSpace)
      guard let quote = rest.first, let end = rest.dropFirst().firstIndex(of: quote) else { break }
      attributes[local(name[...])] = unescaped(rest[rest.startIndex + 1..<end])
      rest = rest[(end + 1)...]
    }
    return attributes
  }

  /// Replaces the references that occur in units.
  private static func unescaped(_ bytes: ArraySlice<UInt8>) -> String {
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.contains("&") else { return text }
    return text.replacing("&#181;", with: "\u{B5}").replacing("&#xB5;", with: "\u{B5}")
      .replacing("&#xb5;", with: "\u{B5}").replacing("&amp;", with: "&")
  }
}
