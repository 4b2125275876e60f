/// A scale of colours for numbers from 0 to 1.
package struct ColourMap: Sendable, Hashable {
  /// Red, green and blue as 0xRRGGBB, from 0 to 1 in equal steps.
  package let colours: [UInt32]

  package init(colours: [UInt32]) {
    precondition(!colours.isEmpty, "a colour map without colours")
    self.colours = colours
  }

  /// The colour of a fraction; below 0 the first, above 1 the last.
  ///
  /// Source: matplotlib's `Colormap`, ⌊fraction · n⌋ with 1 counted to the last.
  package subscript(fraction: Float) -> UInt32 {
    let place = fraction > 0 ? min(fraction, 1) * Float(colours.count) : 0
    return colours[min(Int(place), colours.count - 1)]
  }
}
