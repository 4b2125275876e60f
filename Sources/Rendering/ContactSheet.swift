package import Imaging

/// Pictures of one size side by side in one picture, row after row; places that remain are black.
package struct ContactSheet: Sendable {
  /// The size of one picture.
  private let part: Size
  private let columns: Int
  private let channels: Int
  private var samples: [UInt8]
  package let size: Size

  /// A black sheet for so many pictures.
  package init(of count: Int, _ part: Size, channels: Int) {
    let (columns, size) = ContactSheet.layout(of: count, part)
    (self.part, self.columns, self.size, self.channels) = (part, columns, size, channels)
    samples = [UInt8](repeating: 0, count: size.width * size.height * channels)
  }

  /// The size of the sheet of so many pictures: the nearest to a square.
  package static func size(of count: Int, _ part: Size) -> Size { layout(of: count, part).size }

  /// Of equally square sheets, the one with the fewest columns.
  private static func layout(of count: Int, _ part: Size) -> (columns: Int, size: Size) {
    precondition(count > 0, "a sheet of no picture")
    func size(_ columns: Int) -> Size {
      Size(
        width: columns * part.width, height: (count + columns - 1) / columns * part.height)
    }
    func elongation(_ size: Size) -> Double {
      Double(max(size.width, size.height)) / Double(min(size.width, size.height))
    }
    var best = (columns: 1, size: size(1))
    for columns in 1...count where elongation(size(columns)) < elongation(best.size) {
      best = (columns, size(columns))
    }
    return best
  }

  /// Puts a picture of 8 bits at a place counted in row-major order.
  package mutating func place(_ picture: Raster, at index: Int) {
    guard picture.size == part, picture.channels == channels,
      case .uint8(let pixels) = picture.samples
    else {
      preconditionFailure("\(picture.size), \(picture.channels) channels on a sheet of \(part)")
    }
    let (row, column) = index.quotientAndRemainder(dividingBy: columns)
    let line = part.width * channels
    for y in 0..<part.height {
      let start = ((row * part.height + y) * size.width + column * part.width) * channels
      samples.replaceSubrange(start..<start + line, with: pixels[y * line..<(y + 1) * line])
    }
  }

  package var raster: Raster { Raster(size: size, channels: channels, samples: .uint8(samples)) }
}
