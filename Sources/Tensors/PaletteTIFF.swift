import Files

/// A TIFF of class ids with their colours, which image programs show as such and ImageJ opens with
/// its scale.
///
/// A page for each picture, 8 bits with a colour map, deflated. Source: TIFF 6.0, §5; ImageJ's
/// `TiffDecoder`.
package struct PaletteTIFF {
  private let height: Int
  private let width: Int
  /// Red, green and blue of all indices, `[256, 3]`.
  private let colours: [UInt8]
  private let resolution: TIFFResolution?
  /// What ImageJ reads, and further lines of `name=value`.
  private let notes: [String]

  /// Pictures of `[height, width]`; `notes` are lines without control characters.
  package init(
    height: Int, width: Int, colours: [UInt8], resolution: TIFFResolution? = nil,
    notes: [String] = []
  ) {
    precondition(height > 0 && width > 0 && colours.count == 3 * 256, "\(height)×\(width)")
    (self.height, self.width, self.colours) = (height, width, colours)
    (self.resolution, self.notes) = (resolution, notes)
  }

  /// The file; less than 4 GiB, which deflated labels never reach.
  package func bytes(of pages: [[UInt8]]) -> [UInt8] {
    var file = Array("II*\0".utf8) + [0, 0, 0, 0]
    let shared = appendShared(pages: pages.count, to: &file)
    var link = 4
    for (index, page) in pages.enumerated() {
      precondition(page.count == height * width, "\(page.count) pixels of \(height)×\(width)")
      let strips = appendStrips(of: page, to: &file)
      let offsets = append(words: strips.map(\.offset), to: &file)
      let counts = append(words: strips.map(\.count), to: &file)
      if file.count % 2 == 1 { file.append(0) }
      file.write(littleEndian: UInt32(file.count), at: link)
      link = appendDirectory(
        entries(shared, strips.count, offsets, counts, isFirst: index == 0), to: &file)
    }
    precondition(file.count < 1 << 32, "a TIFF of \(file.count) bytes")
    return file
  }
}

extension PaletteTIFF {
  /// Where values are that all pages share.
  private struct Shared {
    let description: (offset: Int, count: Int)
    let map: Int
    let resolution: Int
  }

  /// Bytes of a strip before it is deflated, roughly.
  private static let stripBytes = 1 << 16

  private var rowsOfStrip: Int { max(1, PaletteTIFF.stripBytes / width) }

  private func appendShared(pages: Int, to file: inout [UInt8]) -> Shared {
    let unit = resolution == nil ? [] : ["unit=micron"]
    let lines = ["ImageJ=1.11a", "images=\(pages)", "slices=\(pages)"] + unit + notes
    let text = Array((lines.joined(separator: "\n") + "\n\0").utf8)
    let description = (offset: file.count, count: text.count)
    file += text
    if file.count % 2 == 1 { file.append(0) }
    let map = file.count
    for channel in 0..<3 {
      for index in 0..<256 {
        file.append(littleEndian: UInt16(colours[3 * index + channel]) * 257)
      }
    }
    let start = file.count
    for rational in resolution?.rationals ?? [] { file.append(littleEndian: rational) }
    return Shared(description: description, map: map, resolution: start)
  }

  private func appendStrips(
    of page: [UInt8], to file: inout [UInt8]
  ) -> [(offset: Int, count: Int)] {
    stride(from: 0, to: height, by: rowsOfStrip).map { row in
      let rows = row..<min(row + rowsOfStrip, height)
      let strip = Deflation.zlib(page[rows.lowerBound * width..<rows.upperBound * width])
      let place = (offset: file.count, count: strip.count)
      file += strip
      return place
    }
  }

  /// The value of an entry: a single number itself, of several the offset.
  private func append(words: [Int], to file: inout [UInt8]) -> Int {
    guard words.count > 1 else { return words[0] }
    if file.count % 2 == 1 { file.append(0) }
    let start = file.count
    for word in words { file.append(littleEndian: UInt32(word)) }
    return start
  }

  private struct Entry {
    let tag: UInt16
    /// 2 text, 3 short, 4 long, 5 rational.
    let type: UInt16
    var count = 1
    let value: Int
  }

  private func entries(
    _ shared: Shared, _ strips: Int, _ offsets: Int, _ counts: Int, isFirst: Bool
  ) -> [Entry] {
    var entries = [
      Entry(tag: 256, type: 4, value: width), Entry(tag: 257, type: 4, value: height),
      Entry(tag: 258, type: 3, value: 8),
      Entry(tag: 259, type: 3, value: 8),  // Deflated.
      Entry(tag: 262, type: 3, value: 3),  // A palette.
    ]
    if isFirst {
      let (offset, count) = shared.description
      entries.append(Entry(tag: 270, type: 2, count: count, value: offset))
    }
    entries += [
      Entry(tag: 273, type: 4, count: strips, value: offsets),
      Entry(tag: 277, type: 3, value: 1), Entry(tag: 278, type: 4, value: rowsOfStrip),
      Entry(tag: 279, type: 4, count: strips, value: counts),
    ]
    if resolution != nil {
      entries += [
        Entry(tag: 282, type: 5, value: shared.resolution),
        Entry(tag: 283, type: 5, value: shared.resolution + 8),
        Entry(tag: 296, type: 3, value: 1),  // The unit is the description's.
      ]
    }
    return entries + [Entry(tag: 320, type: 3, count: 3 * 256, value: shared.map)]
  }

  /// Appends a directory and returns where the next one's offset belongs.
  private func appendDirectory(_ entries: [Entry], to file: inout [UInt8]) -> Int {
    file.append(littleEndian: UInt16(entries.count))
    for entry in entries {
      file.append(littleEndian: entry.tag)
      file.append(littleEndian: entry.type)
      file.append(littleEndian: UInt32(entry.count))
      // A short stands in the first bytes of its place, which little-endian makes the same.
      file.append(littleEndian: UInt32(entry.value))
    }
    file.append(littleEndian: UInt32(0))
    return file.count - 4
  }
}

extension [UInt8] {
  fileprivate mutating func write(littleEndian word: UInt32, at place: Int) {
    for index in 0..<4 { self[place + index] = UInt8(truncatingIfNeeded: word >> (8 * index)) }
  }
}
