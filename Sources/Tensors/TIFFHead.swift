import Files

/// What stands before the values of a TIFF of pages of one size: all directories, then the values of
/// one page after those of another.
///
/// A page is a channel of an array, or a picture. ImageJ takes the pages for one stack by the first
/// one's description. From 4 GiB on it is a BigTIFF. Source: TIFF 6.0, §2 and §19; the BigTIFF design
/// of libtiff 4; ImageJ's `TiffEncoder`.
package struct TIFFHead {
  private let height: Int
  private let width: Int
  private let pages: Int
  /// Samples of a pixel: 1, or 3 for red, green and blue.
  private let samples: Int
  private let type: ElementType
  private let resolution: TIFFResolution?
  private let isBig: Bool
  private let description: [UInt8]

  /// `[height, width]` or `[height, width, channels]`, none of them 0.
  ///
  /// A smaller bound than the format's serves tests, for any file may be a BigTIFF.
  package init(
    shape: [Int], of type: ElementType, resolution: TIFFResolution? = nil,
    bigFrom bound: Int = 1 << 32
  ) {
    precondition((2...3).contains(shape.count), "pages of \(shape)")
    self.init(
      [shape.count == 3 ? shape[2] : 1, shape[0], shape[1], 1], type, resolution, bigFrom: bound)
  }

  /// Pictures of 8 bits, `[pages, height, width, samples]`, with 1 or 3 samples; none of them 0.
  package init(
    pictures shape: [Int], resolution: TIFFResolution? = nil, bigFrom bound: Int = 1 << 32
  ) {
    precondition(shape.count == 4 && [1, 3].contains(shape[3]), "pictures of \(shape)")
    self.init(shape, .uint8, resolution, bigFrom: bound)
  }

  private init(
    _ shape: [Int], _ type: ElementType, _ resolution: TIFFResolution?, bigFrom bound: Int
  ) {
    precondition(shape.allSatisfy { $0 > 0 && $0 < 1 << 32 }, "pages of \(shape)")
    (pages, height, width, samples) = (shape[0], shape[1], shape[2], shape[3])
    (self.type, self.resolution) = (type, resolution)
    let unit = resolution == nil ? "" : "unit=micron\n"
    var text = Array("ImageJ=1.11a\nimages=\(pages)\nslices=\(pages)\n\(unit)\0".utf8)
    while text.count % 8 != 0 { text.append(0) }
    description = text
    let values = pages * height * width * samples * type.size
    let directories = pages * TIFFHead.directoryCount(entries: 14, false)
    isBig = 8 + text.count + 24 + directories + values >= bound
  }

  /// Bytes of the head: the file's header, the description, wide values, the directories.
  private var valuesStart: Int {
    let directories = (0..<min(2, pages)).map { page in
      TIFFHead.directoryCount(entries: entries(page, values: 0).count, isBig)
    }
    let all = directories[0] + (pages - 1) * (directories.last ?? 0)
    return (textStart + description.count + wideValues.count + all + 7) / 8 * 8
  }

  private static func entryCount(_ isBig: Bool) -> Int { isBig ? 20 : 12 }

  private static func directoryCount(entries: Int, _ isBig: Bool) -> Int {
    (isBig ? 16 : 6) + entries * entryCount(isBig)
  }

  /// The whole head.
  package var bytes: [UInt8] {
    let start = valuesStart
    var bytes: [UInt8] = []
    bytes.reserveCapacity(start)
    appendHeader(to: &bytes)
    bytes += description + wideValues
    for page in 0..<pages {
      appendDirectory(page, values: start + page * pageBytes, to: &bytes)
    }
    return bytes + [UInt8](repeating: 0, count: start - bytes.count)
  }
}

extension TIFFHead {
  private var pageBytes: Int { height * width * samples * type.size }

  /// Where the description is, after the file's header.
  private var textStart: Int { isBig ? 16 : 8 }

  private var wideStart: Int { textStart + description.count }

  /// Values of 8 bytes, which a directory of the classic form refers to: bits of the samples, the
  /// resolution across and down.
  private var wideValues: [UInt8] {
    guard !isBig else { return [] }
    var bytes: [UInt8] = []
    for value in [samples == 3 ? TIFFHead.threeBytes : nil] + (resolution?.rationals ?? []) {
      if let value { bytes.append(littleEndian: value) }
    }
    return bytes
  }

  /// Three shorts of 8, one after another.
  private static let threeBytes: UInt64 = 0x0008_0008_0008

  private func appendHeader(to bytes: inout [UInt8]) {
    bytes += Array("II".utf8)
    bytes.append(littleEndian: UInt16(isBig ? 43 : 42))
    if isBig {
      bytes.append(littleEndian: UInt16(8))  // Bytes of an offset.
      bytes.append(littleEndian: UInt16(0))
    }
    appendWord(wideStart + wideValues.count, to: &bytes)
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
      bytes.append(littleEndian: UInt64(bitPattern: Int64(value)))
    } else {
      bytes.append(littleEndian: UInt32(value))
    }
  }

  private struct Entry {
    enum Kind: UInt16 {
      case ascii = 2
      case short = 3
      case long = 4
      case rational = 5
      case long8 = 16
    }

    let tag: UInt16
    let kind: Kind
    var count = 1
    let value: Int
  }

  /// In the order of their tags; the description is on the first page alone.
  private func entries(_ page: Int, values: Int) -> [Entry] {
    let word: Entry.Kind = isBig ? .long8 : .long
    var entries = [
      Entry(tag: 256, kind: .long, value: width),
      Entry(tag: 257, kind: .long, value: height),
      bits,
      Entry(tag: 259, kind: .short, value: 1),  // Not compressed.
      Entry(tag: 262, kind: .short, value: samples == 3 ? 2 : 1),  // Colours, or 0 is black.
    ]
    if page == 0 {
      entries.append(Entry(tag: 270, kind: .ascii, count: description.count, value: textStart))
    }
    entries += [
      Entry(tag: 273, kind: word, value: values),
      Entry(tag: 277, kind: .short, value: samples),
      Entry(tag: 278, kind: .long, value: height),  // Rows of a strip.
      Entry(tag: 279, kind: word, value: pageBytes),
    ]
    if let resolution {
      let start = wideStart + (samples == 3 ? 8 : 0)
      for (index, rational) in resolution.rationals.enumerated() {
        let value = isBig ? Int(bitPattern: UInt(rational)) : start + 8 * index
        entries.append(Entry(tag: 282 + UInt16(index), kind: .rational, value: value))
      }
      entries.append(Entry(tag: 296, kind: .short, value: 1))  // The unit is the description's.
    }
    // Without it, samples are unsigned.
    if samples == 1 { entries.append(Entry(tag: 339, kind: .short, value: sampleFormat)) }
    return entries
  }

  private var bits: Entry {
    guard samples == 3 else { return Entry(tag: 258, kind: .short, value: type.size * 8) }
    let value = isBig ? Int(TIFFHead.threeBytes) : wideStart
    return Entry(tag: 258, kind: .short, count: 3, value: value)
  }

  private var sampleFormat: Int {
    switch type {
    case .uint8, .uint16, .uint32: 1
    case .int32, .int64: 2
    case .float16, .float32, .float64: 3
    }
  }
}
