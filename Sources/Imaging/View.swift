/// A view of an image: a periodic shift, then flips, then an optional transposition.
///
/// It maps `view[y′, x′] = image[row(a), column(b)]` with (a, b) = (y′, x′), or (x′, y′) when
/// transposed. The axes are independent, so a view and its inverse are two lists of indices.
/// Quarter turns are a transposition and flips.
package struct View: Sendable, Hashable, Codable {
  /// Rows by which the image is shifted down, and columns to the right, periodically.
  package var down = 0
  package var right = 0
  package var flipsRows = false
  package var flipsColumns = false
  package var isTransposed = false

  package static let identity = View()

  package init(
    down: Int = 0, right: Int = 0, flipsRows: Bool = false, flipsColumns: Bool = false,
    isTransposed: Bool = false
  ) {
    self.down = down
    self.right = right
    self.flipsRows = flipsRows
    self.flipsColumns = flipsColumns
    self.isTransposed = isTransposed
  }

  /// The image row at each position along the view's first image axis, `[height]`.
  package func sourceRows(_ height: Int) -> [Int] {
    (0..<height).map { View.modulo((flipsRows ? height - 1 - $0 : $0) - down, height) }
  }

  /// The image column at each position along the view's second image axis, `[width]`.
  package func sourceColumns(_ width: Int) -> [Int] {
    (0..<width).map { View.modulo((flipsColumns ? width - 1 - $0 : $0) - right, width) }
  }

  /// The position of each image row: the inverse of `sourceRows`, `[height]`.
  package func positionsOfRows(_ height: Int) -> [Int] {
    (0..<height).map {
      let moved = View.modulo($0 + down, height)
      return flipsRows ? height - 1 - moved : moved
    }
  }

  /// The position of each image column: the inverse of `sourceColumns`, `[width]`.
  package func positionsOfColumns(_ width: Int) -> [Int] {
    (0..<width).map {
      let moved = View.modulo($0 + right, width)
      return flipsColumns ? width - 1 - moved : moved
    }
  }

  /// The view's size for an image's size.
  package func size(of image: Size) -> Size {
    isTransposed ? Size(width: image.height, height: image.width) : image
  }

  package static func modulo(_ value: Int, _ length: Int) -> Int {
    let remainder = value % length
    return remainder < 0 ? remainder + length : remainder
  }
}
