/// The extent of a TIFF's pixels, written as ImageJ does: pixels per micrometre.
package struct TIFFResolution: Sendable, Hashable {
  private let across: UInt64
  private let down: UInt64

  /// Takes a pixel's width and height in metres; `nil` where two numbers of 32 bits cannot express
  /// them.
  package init?(pixelWidth width: Double, height: Double) {
    guard let across = TIFFResolution.rational(1e-6 / width),
      let down = TIFFResolution.rational(1e-6 / height)
    else { return nil }
    (self.across, self.down) = (across, down)
  }

  /// Across and down, the numerator in the lower half.
  ///
  /// Source: TIFF 6.0 §2, type 5.
  var rationals: [UInt64] { [across, down] }

  /// The nearest rational whose larger number is below 2³²; whole numbers and their inverses are
  /// exact.
  private static func rational(_ value: Double) -> UInt64? {
    let most = Double(UInt32.max)
    guard value > 1 / most, value < most else { return nil }
    let (numerator, denominator): (Double, Double)
    if value >= 1 {
      denominator = (most / value).rounded(.down)
      numerator = (value * denominator).rounded()
    } else {
      numerator = (most * value).rounded(.down)
      denominator = (numerator / value).rounded()
    }
    guard let above = UInt32(exactly: numerator), let below = UInt32(exactly: denominator),
      above > 0, below > 0
    else { return nil }
    return UInt64(below) << 32 | UInt64(above)
  }
}
