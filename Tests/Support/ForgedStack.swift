package import Imaging

/// A little-endian TIFF of some pages, not compressed, each of its own size and samples.
package struct ForgedStack: Sendable {
  private let pages: [Raster]

  /// Pages of one grey channel, or of three colours in 8 bits.
  package init(_ pages: [Raster]) {
    self.pages = pages
  }

  package var bytes: [UInt8] {
    var out = Array("II*\0".utf8)
    var link = out.count
    out += [0, 0, 0, 0]
    for page in pages {
      let (data, bits, format) = ForgedStack.data(of: page)
      let start = out.count
      out += data + [UInt8](repeating: 0, count: data.count % 2)
      // Three shorts, where a page has three samples.
      let widths = out.count
      out += (0..<3).flatMap { _ in little(UInt32(bits)).prefix(2) }
      out.replaceSubrange(link..<link + 4, with: little(UInt32(out.count)))
      let grey = page.channels == 1
      let entries: [(tag: UInt32, type: UInt32, count: UInt32, value: Int)] = [
        (256, 4, 1, page.size.width), (257, 4, 1, page.size.height),
        (258, 3, grey ? 1 : 3, grey ? bits : widths), (259, 3, 1, 1), (262, 3, 1, grey ? 1 : 2),
        (273, 4, 1, start), (277, 3, 1, page.channels), (278, 4, 1, page.size.height),
        (279, 4, 1, data.count), (339, 3, 1, format),
      ]
      out += little(UInt32(entries.count)).prefix(2)
      for entry in entries where entry.tag != 339 || grey {
        out += little(entry.tag).prefix(2) + little(entry.type).prefix(2) + little(entry.count)
        out += little(UInt32(entry.value))
      }
      // Colours are unsigned without saying so; the entry is one that no reader knows.
      if !grey { out += little(65000).prefix(2) + little(3).prefix(2) + little(1) + little(0) }
      link = out.count
      out += [0, 0, 0, 0]
    }
    return out
  }

  private static func data(of page: Raster) -> (bytes: [UInt8], bits: Int, format: Int) {
    switch page.samples {
    case .uint8(let samples): (samples, 8, 1)
    case .uint16(let samples): (samples.flatMap { [UInt8($0 & 255), UInt8($0 >> 8)] }, 16, 1)
    case .float32(let samples): (samples.flatMap { little($0.bitPattern) }, 32, 3)
    case .float64: preconditionFailure("pages of 64 bits")
    }
  }
}

extension ForgedStack {
  /// Pages of noise of 16 bits, each in other levels.
  package init(noise count: Int, _ width: Int, _ height: Int) {
    self.init(
      (0..<count).map { page in
        var noise = Noise(seed: UInt64(page + 1))
        let (low, high) = (UInt16(1000 + 300 * page), UInt16(9000 + 2000 * page))
        return Raster(
          size: Size(width: width, height: height), channels: 1,
          samples: .uint16(
            (0..<width * height).map { _ in UInt16.random(in: low...high, using: &noise) }))
      })
  }
}

private func little(_ value: UInt32) -> [UInt8] { bigEndian(value).reversed() }
