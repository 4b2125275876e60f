import Files

/// What stands before the values of a TIFF of one page a channel: all directories, then the values
/// of one page after those of another.
///
/// ImageJ takes the pages for one stack by the first one's description. From 4 GiB on it is a
/// BigTIFF. Source: TIFF 6.0, §2 and §19; the BigTIFF design of libtiff 4; ImageJ's `TiffEncoder`.
package struct TIFFHead {
  private let height: Int
  private let width: Int
  private let pages: Int
  private let type: ElementType
  private let isBig: Bool
  private let description: [UInt8]

  /// `[height, width]` or `[height, width, channels]`, none of them 0.
  ///
  /// A smaller bound than the format's serves tests, for any file may be a BigTIFF.
  package init(shape: [Int], of type: ElementType, bigFrom bound: Int = 1 << 32) {
    precondition(
      (2...3).contains(shape.count) && shape.allSatisfy { $0 > 0 && $0 < 1 << 32 },
      "pages of \(shape)")
    (height, width) = (shape[0], shape[1])
    pages = shape.count == 3 ? shape[2] : 1
    self.type = type
    var text = Array("ImageJ=1.11a\nimages=\(pages)\nslices=\(pages)\n\0".utf8)
    while text.count % 8 != 0 { text.append(0) }
    description = text
    let classic = TIFFHead.valuesStart(pages: pages, text: text.count, isBig: false)
    isBig = classic + pages * height * width * type.size >= bound
  }

  /// Bytes of the head: the file's header, the description, the directories.
  private static func valuesStart(pages: Int, text: Int, isBig: Bool) -> Int {
    let directories = pages * directoryCount(entries: 10, isBig) + entryCount(isBig)
    return ((isBig ? 16 : 8) + text + directories + 7) / 8 * 8
  }

  private static func entryCount(_ isBig: Bool) -> Int { isBig ? 20 : 12 }

  private static func directoryCount(entries: Int, _ isBig: Bool) -> Int {
    (isBig ? 16 : 6) + entries * entryCount(isBig)
  }

  /// The whole head.
  package var bytes: [UInt8] {
    let start = TIFFHead.valuesStart(pages: pages, text: description.count, isBig: isBig)
    var bytes: [UInt8] = []
    bytes.reserveCapacity(start)
    appendHeader(to: &bytes)
    bytes += description
    for page in 0..<pages {
      appendDirectory(page, values: start + page * pageBytes, to: &bytes)
    }
    return bytes + [UInt8](repeating: 0, count: start - bytes.count)
  }
}

extension TIFFHead {
  private var pageBytes: Int { height * width * type.size }

  /// Where the description is, after the file's header.
  private var textStart: Int { isBig ? 16 : 8 }

  private func appendHeader(to bytes: inout [UInt8]) {
    bytes += Array("II".utf8)
    bytes.append(littleEndian: UInt16(isBig ? 43 : 42))
    if isBig {
      bytes.append(littleEndian: UInt16(8))  // Bytes of an offset.
      bytes.append(littleEndian: UInt16(0))
    }
    appendWord(textStart + description.count, to: &bytes)
  }

  /// A page's directory, which begins where `bytes` ends, and where the next one begins.
  private func appendDirectory(_ page: Int, values: Int, to bytes: inout [UInt8]) {
    let entries = entries(page, values: values)
    let end = bytes.count + TIFFHead.directoryCount(entries: entries.count, isBig)
    if isBig {
      bytes.append(littleEndian: UInt64(entries.count))
    } else {
      bytes.append(littleEndian: UInt16(entries.count))
    }
    for entry in entries {
      bytes.append(littleEndian: entry.tag)
      bytes.append(littleEndian: entry.kind.rawValue)
      appendWord(entry.count, to: &bytes)
      // A short stands in the first bytes of its place, which little-endian makes the same.
      appendWord(entry.value, to: &bytes)
    }
    appendWord(page + 1 < pages ? end : 0, to: &bytes)
  }

  /// A number as wide as the file's offsets.
  private func appendWord(_ value: Int, to bytes: inout [UInt8]) {
    if isBig {
      bytes.append(littleEndian: UInt64(value))
    } else {
      bytes.append(littleEndian: UInt32(value))
    }
  }

  private struct Entry {
    enum Kind: UInt16 {
      case ascii = 2
      case short = 3
      case long = 4
      case long8 = 16
    }

    let tag: UInt16
    let kind: Kind
    var count = 1
    let value: Int
  }

  /// Ten, and on the first page the description too, in the order of their tags.
  private func entries(_ page: Int, values: Int) -> [Entry] {
    let word: Entry.Kind = isBig ? .long8 : .long
    let text = Entry(tag: 270, kind: .ascii, count: description.count, value: textStart)
    return [
      Entry(tag: 256, kind: .long, value: width),
      Entry(tag: 257, kind: .long, value: height),
      Entry(tag: 258, kind: .short, value: type.size * 8),
      Entry(tag: 259, kind: .short, value: 1),  // Not compressed.
      Entry(tag: 262, kind: .short, value: 1),  // 0 is black.
    ] + (page == 0 ? [text] : []) + [
      Entry(tag: 273, kind: word, value: values),
      Entry(tag: 277, kind: .short, value: 1),  // Samples of a pixel.
      Entry(tag: 278, kind: .long, value: height),  // Rows of a strip.
      Entry(tag: 279, kind: word, value: pageBytes),
      Entry(tag: 339, kind: .short, value: sampleFormat),
    ]
  }

  private var sampleFormat: Int {
    switch type {
    case .uint8, .uint16, .uint32: 1
    case .int32, .int64: 2
    case .float16, .float32, .float64: 3
    }
  }
}
