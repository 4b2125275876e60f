import ImageCodecs
import Imaging

/// Images, decoded through the borders of this house.
enum Pictures {
  /// Small, so that what is within them is decoded in no time.
  private static let limits = DecodingLimits(
    encodedBytes: 1 << 20, pixels: 1 << 16, side: 1024, pages: 8)

  /// A picture that is decoded is as its header says, and within the limits.
  static func complaint(about bytes: [UInt8], _ format: ImageFormat) -> String? {
    // The others' bytes are tried elsewhere.
    guard ImageFormat(recognising: bytes) == format else { return nil }
    let header = try? probe(bytes, limits: limits)
    for page in 0..<min(3, header?.pages ?? 1) {
      guard let raster = try? decode(bytes, page: page, limits: limits) else { continue }
      let size = raster.size
      guard size.width * size.height <= limits.pixels else { return "\(size) is too large" }
      if page == 0, let header, header.size != size { return "\(size), not \(header.size)" }
    }
    return nil
  }
}
