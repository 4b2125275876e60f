/// The directories of a TIFF, found by following their chain.
struct TIFFChain: Sendable {
  struct Link: Sendable {
    let offset: Int
    /// Neither a thumbnail nor a mask.
    ///
    /// Source: TIFF 6.0, tags 254 and 255.
    let showsPicture: Bool
  }

  private(set) var links: [Link] = []
  /// Why the chain ends where it does, if not in order.
  private(set) var fault: CodecError?

  /// Follows the chain over `limit` pages that show pictures, and as many others.
  ///
  /// It throws when not even the first directory lies in the file.
  init(of file: TIFFBytes, limit: Int) throws(CodecError) {
    var seen: Set<Int> = []
    var next = try file.firstDirectory()
    var pictures = 0
    while next != 0 {
      guard seen.insert(next).inserted else {
        fault = .damaged(.tiff, reason: "page \(links.count) is an earlier one: a loop")
        break
      }
      guard let (link, end) = Self.link(at: next, in: file) else {
        fault =
          file.integer(at: next, width: file.isBig ? 8 : 2) == 0
          ? .damaged(.tiff, reason: "page \(links.count) has an empty directory")
          : .truncated(
            .tiff, reason: "the directory of page \(links.count) lies behind the file's end")
        break
      }
      guard pictures < limit || !link.showsPicture, links.count / 2 < limit else {
        fault = .tooManyPages(limit: limit)
        break
      }
      links.append(link)
      pictures += link.showsPicture ? 1 : 0
      guard let following = file.integer(at: end, width: file.offsetWidth) else {
        fault = .truncated(.tiff, reason: "the file ends within page \(links.count - 1)")
        break
      }
      next = following
    }
    if links.isEmpty { throw fault ?? TIFFBytes.tooShort }
  }

  /// A directory, and where its entries end; `nil` unless they lie in the file.
  private static func link(at offset: Int, in file: TIFFBytes) -> (Link, end: Int)? {
    let (width, size) = file.isBig ? (8, 20) : (2, 12)
    guard let count = file.integer(at: offset, width: width), count > 0 else { return nil }
    let (length, overflows) = count.multipliedReportingOverflow(by: size)
    guard !overflows, length <= file.bytes.count - width - offset else { return nil }
    var showsPicture = true
    // The two tags are the lowest there are, and tags are in order.
    for index in 0..<min(count, 16) {
      let start = offset + width + index * size
      let isShort = file.integer(at: start + 2, width: 2) == 3
      guard let tag = file.integer(at: start, width: 2), tag == 254 || tag == 255,
        let value = file.integer(at: start + 4 + file.offsetWidth, width: isShort ? 2 : 4)
      else { continue }
      if tag == 254 ? value & 5 != 0 : value == 2 { showsPicture = false }
    }
    return (Link(offset: offset, showsPicture: showsPicture), offset + width + length)
  }
}
