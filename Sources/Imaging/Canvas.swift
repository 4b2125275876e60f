/// An image fitted to whole patches: the encoded picture, and the part of it that is shown.
package struct Canvas: Sendable, Hashable {
  /// How both sides become multiples of the patch.
  package enum Fit: String, Sendable, Hashable, Codable, CaseIterable {
    /// Pads the image by reflection to the right and below; shows the image alone.
    case pad
    /// Keeps the centre. Source: HR-Dv2's `closest_crop`, torchvision `CenterCrop`.
    case crop
    /// Places the image in the corner of a square, padded after normalising by zeros to the right
    /// and below; shows the image alone. Source: Segment Anything's `preprocess`.
    case frame
  }

  package let source: Size
  /// The encoder's input; both sides are multiples of the patch.
  package let encoded: Size
  /// The extent of the field: the encoded image from its top-left corner on.
  package let shown: Size
  /// The source pixel at the encoded image's top-left corner.
  package let left: Int
  package let top: Int
  /// The part of the encoded image, from its corner on, that shows the source or its reflection.
  private let filled: Size

  /// Fits an image; `patch` is the side of a patch, or of the frame.
  ///
  /// `nil` when `fit` is `crop` and a side is shorter than that, or `frame` and one is longer.
  package init?(_ source: Size, fit: Fit, patch: Int) {
    precondition(source.width > 0 && source.height > 0 && patch > 0, "\(source), patch \(patch)")
    self.source = source
    switch fit {
    case .pad:
      encoded = Size(
        width: Canvas.roundedUp(source.width, to: patch),
        height: Canvas.roundedUp(source.height, to: patch))
      (shown, filled) = (source, encoded)
      (left, top) = (0, 0)
    case .crop:
      guard source.width >= patch, source.height >= patch else { return nil }
      encoded = Size(
        width: source.width / patch * patch, height: source.height / patch * patch)
      (shown, filled) = (encoded, encoded)
      left = Canvas.halfToEven(source.width - encoded.width)
      top = Canvas.halfToEven(source.height - encoded.height)
    case .frame:
      guard source.width <= patch, source.height <= patch else { return nil }
      encoded = Size(width: patch, height: patch)
      (shown, filled) = (source, source)
      (left, top) = (0, 0)
    }
  }

  private static func roundedUp(_ length: Int, to patch: Int) -> Int {
    (length + patch - 1) / patch * patch
  }

  /// Half a margin, ties to even.
  ///
  /// Source: Python's `round`, which torchvision's crop uses.
  private static func halfToEven(_ margin: Int) -> Int {
    let half = margin / 2
    return margin % 2 == 1 && half % 2 == 1 ? half + 1 : half
  }
}

extension Canvas {
  /// The source column of each encoded column except those of a frame that hold zeros.
  package var sourceColumns: [Int] {
    (0..<filled.width).map { Canvas.reflected($0 + left, in: source.width) }
  }

  /// The source row of each encoded row except those of a frame that hold zeros.
  package var sourceRows: [Int] {
    (0..<filled.height).map { Canvas.reflected($0 + top, in: source.height) }
  }

  /// The index inside for one beyond the end, by reflection in the last pixel, repeated if the
  /// image is short.
  ///
  /// Source: NumPy's `pad(mode="reflect")`.
  static func reflected(_ index: Int, in length: Int) -> Int {
    guard length > 1 else { return 0 }
    let period = 2 * (length - 1)
    let position = index % period
    return position < length ? position : period - position
  }
}
