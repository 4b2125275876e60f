/// A file of a tar archive: what stands before its bytes and behind them.
///
/// Source: IEEE Std 1003.1-2017, pax, "ustar Interchange Format" and "pax Extended Header".
package struct TarMember: Hashable, Sendable {
  /// Files are written in blocks of so many bytes.
  private static let block = 512
  /// The two empty blocks at the end of an archive.
  package static let end = [UInt8](repeating: 0, count: 2 * block)

  package let name: String
  package let bytes: Int
  /// Seconds since 1970.
  package let modified: Int

  package init(name: String, bytes: Int, modified: Int) {
    precondition(!name.isEmpty && bytes >= 0, "\(name) of \(bytes) bytes")
    (self.name, self.bytes, self.modified) = (name, bytes, max(0, modified))
  }

  /// What stands before the file's bytes.
  package var header: [UInt8] {
    let records = extendedRecords
    guard !records.isEmpty else { return block(name, bytes, "0") }
    return block("pax", records.count, "x") + records + TarMember.padding(records.count)
      + block("long", min(bytes, TarMember.longest), "0")
  }

  /// What stands behind them, up to a whole block.
  package var padding: [UInt8] { TarMember.padding(bytes) }

  /// The bytes that it takes in an archive.
  package var length: Int { header.count + bytes + padding.count }

  private static func padding(_ count: Int) -> [UInt8] {
    [UInt8](repeating: 0, count: (block - count % block) % block)
  }

  /// The largest number of eleven octal digits.
  private static let longest = (1 << 33) - 1

  /// What the plain header has no room for: long names, others than ASCII, and 8 GiB or more.
  private var extendedRecords: [UInt8] {
    var records: [UInt8] = []
    if name.utf8.count > 100 || !name.utf8.allSatisfy({ (0x20...0x7E).contains($0) }) {
      records += TarMember.record("path", name)
    }
    if bytes > TarMember.longest { records += TarMember.record("size", "\(bytes)") }
    return records
  }

  /// A record begins with its own length, digits included.
  private static func record(_ key: String, _ value: String) -> [UInt8] {
    let rest = " \(key)=\(value)\n"
    var count = rest.utf8.count
    while "\(count)\(rest)".utf8.count != count { count = "\(count)\(rest)".utf8.count }
    return Array("\(count)\(rest)".utf8)
  }

  private func block(_ name: String, _ size: Int, _ kind: Character) -> [UInt8] {
    var block = [UInt8](repeating: 0, count: TarMember.block)
    func put(_ text: String, at place: Int) {
      block.replaceSubrange(place..<(place + text.utf8.count), with: Array(text.utf8))
    }
    func octal(_ number: Int, _ digits: Int) -> String {
      let text = String(number, radix: 8)
      return String(repeating: "0", count: max(0, digits - text.count)) + text
    }
    put(name, at: 0)
    put(octal(0o644, 7), at: 100)
    put(octal(0, 7), at: 108)
    put(octal(0, 7), at: 116)
    put(octal(size, 11), at: 124)
    put(octal(min(modified, TarMember.longest), 11), at: 136)
    put(String(repeating: " ", count: 8), at: 148)
    put(String(kind), at: 156)
    put("ustar\u{0}00", at: 257)
    let sum = block.reduce(0) { $0 + Int($1) }
    put(octal(sum, 6) + "\u{0} ", at: 148)
    return block
  }
}

/// Names of files for what clients named, each another.
package struct SafeFileNames: Sendable {
  private static let longest = 200
  private var taken: [String: Int] = [:]

  package init() {}

  /// A name without folders, controls and leading dots, and with another extension.
  package mutating func next(_ wish: String?, else other: String, extension end: String) -> String {
    let last = (wish ?? "").split { $0 == "/" || $0 == "\\" }.last.map(String.init) ?? ""
    let plain = last.unicodeScalars.filter { $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }
    var stem = String(String.UnicodeScalarView(plain.drop { $0 == "." }))
    if let dot = stem.lastIndex(of: "."), dot > stem.startIndex { stem = String(stem[..<dot]) }
    while stem.utf8.count > SafeFileNames.longest - end.utf8.count - 12 { stem.removeLast() }
    if stem.isEmpty { stem = other }
    let name = "\(stem).\(end)"
    let count = taken[name, default: 0] + 1
    taken[name] = count
    guard count > 1 else { return name }
    return next("\(stem)-\(count).\(end)", else: other, extension: end)
  }
}
