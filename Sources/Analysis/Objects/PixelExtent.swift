package import Imaging

/// What a set of pixels covers: how many they are, their middle and the smallest rectangle around them.
package struct PixelExtent: Sendable {
  package private(set) var area = 0
  private var (left, right, top, bottom) = (Int.max, -1, Int.max, -1)
  private var (sumX, sumY) = (0, 0)

  package init() {}

  package mutating func add(x: Int, y: Int) {
    area += 1
    (sumX, sumY) = (sumX + x, sumY + y)
    (left, right) = (min(left, x), max(right, x))
    (top, bottom) = (min(top, y), max(bottom, y))
  }

  /// `nil` of no pixel.
  package var rectangle: PixelRectangle? {
    guard area > 0 else { return nil }
    return PixelRectangle(x: left, y: top, width: right + 1 - left, height: bottom + 1 - top)
  }

  /// The mean of the pixels' centres in continuous pixels, x and y.
  package var centroid: [Double] {
    [sumX, sumY].map { Double($0) / Double(max(area, 1)) + 0.5 }
  }
}
