/// The coordinate system of pictures, patches and features: continuous pixels, x to the right and y
/// down, in which (0.5, 0.5) is the centre of the first pixel.

/// A picture's size in pixels.
package struct Size: Sendable, Hashable, Codable, CustomStringConvertible {
  package let width: Int
  package let height: Int

  package init(width: Int, height: Int) {
    self.width = width
    self.height = height
  }

  package var description: String { "\(width)×\(height)" }
}

/// The grid of an image's patches, in row-major order.
package struct Grid: Sendable, Hashable, Codable {
  package let rows: Int
  package let columns: Int

  package init(rows: Int, columns: Int) {
    self.rows = rows
    self.columns = columns
  }

  /// The patches of side `patch` at a stride of `stride` that are entirely inside.
  ///
  /// Source: the output size of an unpadded convolution, 1 + ⌊(L − P) / S⌋.
  package init(of size: Size, patch: Int, stride: Int) {
    precondition(
      patch > 0 && stride > 0 && size.width >= patch && size.height >= patch,
      "patches of \(patch) every \(stride) in \(size)")
    rows = 1 + (size.height - patch) / stride
    columns = 1 + (size.width - patch) / stride
  }

  package var count: Int { rows * columns }
}
