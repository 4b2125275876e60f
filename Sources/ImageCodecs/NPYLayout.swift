import Imaging

/// What the axes of an array mean.
struct NPYLayout {
  let pages: Int
  let size: Size
  /// Samples of a pixel, alpha among them.
  let samples: Int
  let channels: Int
  let kind: ImageHeader.Kind
  let notices: [String]

  /// Four samples are colours and alpha only where they are unsigned integers of 8 or 16 bits.
  init(_ shape: [Int], stored: ImageHeader.Stored) throws(CodecError) {
    let words = shape.map(String.init).joined(separator: "×")
    var axes = shape
    var notices: [String] = []
    switch shape.count {
    case 2: axes = [1] + shape + [1]
    case 3 where shape[2] <= 4:
      axes = [1] + shape
      notices.append("The array of \(words) was read as height, width, channels.")
    case 3:
      axes = shape + [1]
      notices.append("The array of \(words) was read as pages, height, width.")
    case 4: notices.append("The array of \(words) was read as pages, height, width, channels.")
    default: throw .unsupported(.npy, what: "an array of \(shape.count) axes")
    }
    guard axes.allSatisfy({ $0 > 0 }) else {
      throw .damaged(.npy, reason: "an array of \(words)")
    }
    (pages, samples) = (axes[0], axes[3])
    size = Size(width: axes[2], height: axes[1])
    let isPicture = stored.number == .unsigned && stored.bits <= 16
    switch samples {
    case 1: (kind, channels) = (.grey, 1)
    case 3: (kind, channels) = (.colour, 3)
    case 4 where isPicture:
      (kind, channels) = (.colour, 3)
      notices.append(Notice.alpha)
    case ...Raster.maximumChannels: (kind, channels) = (.channels, samples)
    default: throw .unsupported(.npy, what: "\(samples) samples for each pixel")
    }
    self.notices = notices
  }
}
