import Imaging

/// What Olympus's (Soft Imaging System's) programs write beside an image: a head, and a list of
/// parts, each with its kind and its place in the file.
///
/// Source: the reader of tifffile 2026.3 (`read_sis`); there is no specification.
struct OlympusBlock {
  /// Parts that are looked at.
  private static let partsRead = 256

  private let fields: FileFields
  /// Where the part about the image as a whole lies.
  private let general: Int

  /// `nil` where no block with such a part is.
  init?(in bytes: [UInt8], at start: Int) {
    fields = FileFields(format: .tiff, bytes: bytes)
    guard start <= bytes.count - 60, bytes[start...].starts(with: "SIS0".utf8),
      let count = try? fields.unsigned(at: start + 58, bytes: 2)
    else { return nil }
    for part in 0..<min(count, Self.partsRead) {
      let entry = start + 60 + 8 * part
      guard let kind = try? fields.unsigned(at: entry, bytes: 2) else { return nil }
      guard kind == 1 else { continue }
      guard let place = try? fields.unsigned(at: entry + 4, bytes: 4) else { return nil }
      general = place
      return
    }
    return nil
  }

  /// A power of ten of a metre, and the sides of a pixel in it.
  var pixelSize: PixelSize? {
    guard let power = try? fields.signed(at: general + 10, bytes: 2), abs(power) <= 30,
      let width = try? fields.float64(at: general + 12),
      let height = try? fields.float64(at: general + 20)
    else { return nil }
    var unit = 1.0
    for _ in 0..<abs(power) { unit *= 10 }
    return power < 0
      ? PixelSize(width: width / unit, height: height / unit)
      : PixelSize(width: width * unit, height: height * unit)
  }
}
