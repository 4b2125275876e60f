import Files

/// How an entry lies in its file.
///
///     header (128) │ segment │ digest (32) │ segment │ digest (32) │ …
///
/// A segment is `segmentBytes` of the payload, the last one what is left; its digest is over the
/// header, its number and its bytes, so a segment of another entry or another place is noticed.
/// The payload's length follows from the file's, and the whole header from it and the name: a file
/// is sound when its header is exactly the expected one and every digest is right.
package enum EntryLayout {
  package static let segmentBytes = 1 << 20
  package static let headerBytes = 128
  /// A file takes whole blocks of its file system.
  package static let blockBytes = 4096

  private static let segmentOnDisk = segmentBytes + Digest.byteCount
  private static let mark = Array("eyepiece entry\n".utf8)
  private static let version: UInt8 = 1

  /// A file's length, for a payload of at most `DiskStore.largestBudget` bytes.
  package static func fileBytes(payload: Int) -> Int {
    let segments = payload / segmentBytes + (payload % segmentBytes == 0 ? 0 : 1)
    return headerBytes + payload + segments * Digest.byteCount
  }

  /// The length of the payload in a file of so many bytes; `nil` when no entry has that length.
  package static func payloadBytes(file: Int) -> Int? {
    guard file >= headerBytes else { return nil }
    let (whole, rest) = (file - headerBytes).quotientAndRemainder(dividingBy: segmentOnDisk)
    guard rest == 0 || rest > Digest.byteCount else { return nil }
    return whole * segmentBytes + max(0, rest - Digest.byteCount)
  }

  /// What a file counts for in the budget.
  package static func footprint(file: Int) -> Int {
    (file / blockBytes + (file % blockBytes == 0 ? 0 : 1)) * blockBytes
  }

  /// The first bytes of a file: mark, version, payload's length, key, namespace; zeros between.
  static func header(of name: EntryName, payload: Int) -> [UInt8] {
    var header = mark + [version]
    header.append(littleEndian: UInt64(payload))
    header += [UInt8](repeating: 0, count: 8) + name.key.bytes
    header += name.namespace.name.utf8
    return header + [UInt8](repeating: 0, count: headerBytes - header.count)
  }

  /// The name in a header; `nil` where it has none.
  static func name(in header: [UInt8]) -> EntryName? {
    let (key, text) = (32..<32 + Digest.byteCount, 32 + Digest.byteCount..<headerBytes)
    guard header.count == headerBytes, let digest = Digest(bytes: Array(header[key])) else {
      return nil
    }
    let word = String(decoding: header[text].prefix { $0 != 0 }, as: UTF8.self)
    return Namespace.isName(word) ? EntryName(digest, in: Namespace(word)) : nil
  }

  static func digest(of segment: Span<UInt8>, at index: Int, under header: [UInt8]) -> Digest {
    var place = header
    place.append(littleEndian: UInt64(index))
    var hash = SHA256()
    hash.update(place)
    hash.update(segment)
    return hash.finalise()
  }
}
