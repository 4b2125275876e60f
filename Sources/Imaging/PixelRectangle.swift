/// A rectangle of whole pixels, counted from the top-left one; written `x,y,w,h`.
package struct PixelRectangle: Sendable, Hashable {
  package let x: Int
  package let y: Int
  package let width: Int
  package let height: Int

  package init(x: Int, y: Int, width: Int, height: Int) {
    precondition(width > 0 && height > 0, "a rectangle of \(width) × \(height)")
    (self.x, self.y, self.width, self.height) = (x, y, width, height)
  }

  package var size: Size { Size(width: width, height: height) }

  /// Whether it lies inside a picture of a size.
  package func fits(in size: Size) -> Bool {
    x + width <= size.width && y + height <= size.height
  }
}

extension PixelRectangle: CodableAsText {
  /// Parses four numbers of at most nine digits; `nil` for any other text or an empty rectangle.
  package init?(_ description: String) {
    let parts = description.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { part in
      (1...9).contains(part.utf8.count) && part.utf8.allSatisfy({ (48...57).contains($0) })
        ? Int(part) : nil
    }
    guard parts.count == 4, numbers.count == 4, numbers[2] > 0, numbers[3] > 0 else { return nil }
    (x, y, width, height) = (numbers[0], numbers[1], numbers[2], numbers[3])
  }

  package var description: String { "\(x),\(y),\(width),\(height)" }
}
