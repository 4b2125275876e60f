import Foundation
import Imaging

/// The convex hull of one object, around the middles of its pixels' edges.
///
/// Source: scikit-image's `area_convex` and `feret_diameter_max`.
package struct ConvexHull: Sendable, Hashable {
  /// Pixels whose middles lie in the hull or on it.
  package let area: Int
  /// The largest distance of two points of the outline of these pixels.
  package let largestDiameter: Double

  /// Takes the first and the last column of the object in each of its rows, from the top; `nil` in
  /// rows without a pixel of it, which objects that are connected do not have.
  init(rows: [ClosedRange<Int>?]) {
    let filled = HullPolygon(around: rows).rows(count: rows.count)
    area = filled.reduce(0) { $0 + ($1?.count ?? 0) }
    let points = HullPolygon(around: filled).corners
    var largest = 0
    for (index, a) in points.enumerated() {
      for b in points[(index + 1)...] {
        largest = max(largest, (a.x - b.x) * (a.x - b.x) + (a.y - b.y) * (a.y - b.y))
      }
    }
    largestDiameter = Double(largest).squareRoot() / 2
  }
}

extension Components {
  /// The hull of every object, in their order.
  package var hulls: [ConvexHull] {
    var tops = [Int](repeating: 0, count: count)
    var rows = [[ClosedRange<Int>?]](repeating: [], count: count)
    for y in 0..<size.height {
      for x in 0..<size.width {
        let object = Int(objects[y * size.width + x]) - 1
        guard object >= 0 else { continue }
        if rows[object].isEmpty { tops[object] = y }
        while rows[object].count <= y - tops[object] { rows[object].append(nil) }
        let left = rows[object][y - tops[object]]?.lowerBound ?? x
        rows[object][y - tops[object]] = left...x
      }
    }
    return rows.map { ConvexHull(rows: $0) }
  }
}

/// A convex polygon in half pixels.
private struct HullPolygon {
  struct Point {
    let x: Int
    let y: Int
  }

  /// From the top down, at the left and at the right.
  private let left: [Point]
  private let right: [Point]

  var corners: [Point] { left + right }

  init(around rows: [ClosedRange<Int>?]) {
    var (left, right) = ([Point](), [Point]())
    for (row, columns) in rows.enumerated() {
      guard let columns else { continue }
      let (y, first, last) = (2 * row, 2 * columns.lowerBound, 2 * columns.upperBound)
      for (dy, dx) in [(-1, 0), (0, 1), (1, 0)] {
        HullPolygon.add(Point(x: first - dx, y: y + dy), to: &left, sign: 1)
        HullPolygon.add(Point(x: last + dx, y: y + dy), to: &right, sign: -1)
      }
    }
    (self.left, self.right) = (left, right)
  }

  /// Adds a point below, or beside, the last ones to a chain that bends to one side alone.
  private static func add(_ point: Point, to chain: inout [Point], sign: Int) {
    while let last = chain.last {
      // The rows' points come in the order of y but for the lower one, which precedes the next row's
      // upper one at the same y.
      if last.y == point.y {
        guard sign * (point.x - last.x) < 0 else { return }
        chain.removeLast()
        continue
      }
      guard chain.count > 1 else { break }
      let before = chain[chain.count - 2]
      let cross =
        (last.x - before.x) * (point.y - before.y) - (last.y - before.y) * (point.x - before.x)
      guard sign * cross >= 0 else { break }
      chain.removeLast()
    }
    chain.append(point)
  }

  /// The pixels in each of the rows.
  func rows(count: Int) -> [ClosedRange<Int>?] {
    (0..<count).map { row in
      guard let low = HullPolygon.crossing(left, 2 * row, up: true),
        let high = HullPolygon.crossing(right, 2 * row, up: false), low <= high
      else { return nil }
      return low...high
    }
  }

  /// The first pixel at the right of a chain at a height, or the last at its left.
  private static func crossing(_ chain: [Point], _ y: Int, up: Bool) -> Int? {
    var (low, high) = (0, chain.count - 1)
    guard !chain.isEmpty, chain[low].y <= y, chain[high].y >= y else { return nil }
    while high - low > 1 {
      let middle = (low + high) / 2
      if chain[middle].y <= y { low = middle } else { high = middle }
    }
    let (a, b) = (chain[low], chain[high])
    // x / 2 as a fraction.
    let down = max(1, b.y - a.y)
    let (numerator, denominator) = (a.x * down + (b.x - a.x) * (y - a.y), 2 * down)
    let floor =
      numerator >= 0 ? numerator / denominator : -((-numerator + denominator - 1) / denominator)
    return up && numerator % denominator != 0 ? floor + 1 : floor
  }
}
