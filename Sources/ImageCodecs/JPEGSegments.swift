import Imaging

/// What a JPEG says in the segments before its pixels.
struct JPEGSegments {
  private(set) var orientation = Orientation.upright
  private(set) var pixelSize: PixelSize?

  /// Reads up to the first scan, as far as the segments are sound.
  ///
  /// Source: ITU-T T.81 §B.1.1; JFIF 1.02 for the density; Exif 3.0 §4.7.2 for the orientation.
  init(_ bytes: [UInt8]) {
    let fields = FileFields(format: .jpeg, bytes: bytes, isBigEndian: true)
    var place = 2
    while place + 4 <= bytes.count, bytes[place] == 0xFF {
      let marker = bytes[place + 1]
      if marker == 0xFF {
        place += 1
        continue
      }
      guard marker != 0xDA, marker != 0xD9,
        let length = try? fields.unsigned(at: place + 2, bytes: 2), length >= 2
      else { return }
      let content = bytes[(place + 4)...].prefix(length - 2)
      if marker == 0xE1, content.starts(with: "Exif\0\0".utf8) {
        orientation = ExifOrientation.read(content)
      } else if marker == 0xE0, content.starts(with: "JFIF\0".utf8), content.count >= 12 {
        pixelSize = Self.density(Array(content))
      }
      place += 2 + length
    }
  }

  /// Unit 1 is the inch, 2 the centimetre, 0 an aspect ratio alone.
  private static func density(_ content: [UInt8]) -> PixelSize? {
    let columns = Double(content[8]) * 256 + Double(content[9])
    let rows = Double(content[10]) * 256 + Double(content[11])
    switch content[7] {
    case 1: return PixelSize(dotsPerMetre: columns / 0.0254, rows / 0.0254)
    case 2: return PixelSize(dotsPerMetre: columns * 100, rows * 100)
    default: return nil
    }
  }
}
