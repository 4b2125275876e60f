import Imaging

extension PixelSize {
  /// The pixels' size from a file's density; `nil` for those that printing presets have, 72, 96, 150
  /// and 300 dpi, which say nothing of a specimen.
  init?(dotsPerMetre columns: Double, _ rows: Double) {
    guard columns > 0, rows > 0 else { return nil }
    let presets = [72.0, 96, 150, 300]
    let dotsPerInch = columns * 0.0254
    guard !presets.contains(where: { abs($0 - dotsPerInch) < 0.5 }) else { return nil }
    self.init(width: 1 / columns, height: 1 / rows)
  }
}
