import ImageCodecs
import Imaging

/// Images, decoded through the same readers as the server.
enum Pictures {
  /// Small, so that what is within them is decoded in no time.
  private static let limits = DecodingLimits(
    encodedBytes: 1 << 20, pixels: 1 << 16, side: 1024, pages: 8)

  /// A picture that is decoded is as its header says, and within the limits; one of its channels
  /// alone is that of the whole.
  static func complaint(about bytes: [UInt8], _ format: ImageFormat) -> String? {
    // The others' bytes are tried elsewhere.
    guard ImageFormat(recognising: bytes) == format else {
      _ = ForeignFormat(recognising: bytes)
      return nil
    }
    guard let file = try? ImageFile(bytes, limits: limits) else { return nil }
    for page in 0..<min(3, file.pages) {
      guard let header = try? file.header(of: page), let decoded = try? file.decode(page) else {
        continue
      }
      let (size, channels) = (decoded.raster.size, decoded.raster.channels)
      guard size.width * size.height <= limits.pixels else { return "\(size) is too large" }
      guard header.size == size else { return "\(size), not \(header.size)" }
      guard header.channels == channels else { return "\(channels), not \(header.channels)" }
      guard let part = try? file.decode(page, channels: [channels - 1]) else {
        return "channel \(channels - 1) of \(channels) fails alone"
      }
      let expected = decoded.raster.samples.choosing([channels - 1], of: channels)
      guard Self.bits(of: part.raster.samples) == Self.bits(of: expected) else {
        return "channel \(channels - 1) of \(channels) differs alone"
      }
    }
    return nil
  }

  /// Samples that are equal even where they are no numbers, whichever: one that signals may be quieted.
  private static func bits(of samples: Raster.Samples) -> [UInt64] {
    switch samples {
    case .uint8(let values): values.map { UInt64($0) }
    case .uint16(let values): values.map { UInt64($0) }
    case .float32(let values):
      values.map { UInt64(($0.isNaN ? .nan : $0).bitPattern) }
    case .float64(let values): values.map { ($0.isNaN ? .nan : $0).bitPattern }
    }
  }
}
