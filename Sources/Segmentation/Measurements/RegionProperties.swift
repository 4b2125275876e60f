import Foundation
import Imaging

/// What is measured of one object, in pixels.
///
/// Source: scikit-image's `regionprops`.
package struct RegionProperties: Sendable, Hashable {
  package let id: UInt8
  package let area: Int
  /// First row and column inside, and first beyond.
  package let rows: Range<Int>
  package let columns: Range<Int>
  /// The centroid, row and column.
  package let centroid: (row: Double, column: Double)
  /// Axes of the ellipse of equal second moments.
  package let majorAxis: Double
  package let minorAxis: Double
  package let eccentricity: Double
  /// The angle from the rows' axis to the major one, −π/2…π/2.
  package let orientation: Double
  /// The length of the outline through border pixels' centres, and by Crofton's formula.
  package let perimeter: Double
  package let croftonPerimeter: Double
  /// Objects less holes: 1 less the number of holes.
  package let eulerNumber: Int
  /// Whether it reaches the picture's edge, which may cut it off.
  package let touchesEdge: Bool

  package var equivalentDiameter: Double { (4 * Double(area) / .pi).squareRoot() }
  /// 4πA / P² with `perimeter`; it can exceed 1.
  package var circularity: Double? {
    perimeter > 0 ? 4 * .pi * Double(area) / (perimeter * perimeter) : nil
  }
  package var extent: Double { Double(area) / Double(rows.count * columns.count) }

  package static func == (a: RegionProperties, b: RegionProperties) -> Bool {
    a.id == b.id && a.area == b.area && a.rows == b.rows && a.columns == b.columns
      && a.centroid == b.centroid && a.majorAxis == b.majorAxis && a.minorAxis == b.minorAxis
      && a.orientation == b.orientation && a.perimeter == b.perimeter
      && a.eulerNumber == b.eulerNumber
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(id)
    hasher.combine(area)
    hasher.combine(rows)
    hasher.combine(columns)
  }
}

extension Components {
  /// The properties of every object, in their order; one pass over the pixels.
  package var properties: [RegionProperties] {
    let (width, height) = (size.width, size.height)
    var sums = [ObjectSums](repeating: ObjectSums(), count: count)
    func object(_ x: Int, _ y: Int) -> Int32 {
      x >= 0 && x < width && y >= 0 && y < height ? objects[y * width + x] : 0
    }
    func isBorder(_ x: Int, _ y: Int, _ own: Int32) -> Bool {
      object(x, y) == own
        && (object(x - 1, y) != own || object(x + 1, y) != own || object(x, y - 1) != own
          || object(x, y + 1) != own)
    }
    for y in 0..<height {
      for x in 0..<width where objects[y * width + x] > 0 {
        let own = objects[y * width + x]
        let place = Int(own) - 1
        sums[place].add(x, y)
        guard isBorder(x, y, own) else { continue }
        var weight = 1
        for (dx, dy) in [(-1, 0), (1, 0), (0, -1), (0, 1)] where isBorder(x + dx, y + dy, own) {
          weight += 2
        }
        for (dx, dy) in [(-1, -1), (1, -1), (-1, 1), (1, 1)] where isBorder(x + dx, y + dy, own) {
          weight += 10
        }
        sums[place].addBorder(weight)
      }
    }
    for y in -1..<height {
      for x in -1..<width {
        let square = [object(x, y), object(x + 1, y), object(x, y + 1), object(x + 1, y + 1)]
        for (index, own) in square.enumerated()
        where own > 0 && !square[..<index].contains(own) {
          sums[Int(own) - 1].addSquare(square.map { $0 == own })
        }
      }
    }
    return sums.indices.map { sums[$0].properties(id: ids[$0], in: size) }
  }
}

/// What is summed of one object.
private struct ObjectSums {
  private var area = 0
  private var (left, right, top, bottom) = (Int.max, -1, Int.max, -1)
  /// Sums from the first pixel, which keeps them small: of x, y, x², xy and y².
  private var origin: (x: Int, y: Int)?
  private var (x, y, xx, xy, yy) = (0, 0, 0, 0, 0)
  /// Outline lengths of 1, √2 and their mean.
  private var (straight, diagonal, mixed) = (0, 0, 0)
  /// Unlike neighbours, each along two squares, and along one diagonal.
  private var (edges, corners) = (0, 0)
  private var quads = 0

  mutating func add(_ column: Int, _ row: Int) {
    let origin = origin ?? (column, row)
    self.origin = origin
    area += 1
    (left, right) = (min(left, column), max(right, column))
    (top, bottom) = (min(top, row), max(bottom, row))
    let (dx, dy) = (column - origin.x, row - origin.y)
    x += dx
    y += dy
    xx += dx * dx
    xy += dx * dy
    yy += dy * dy
  }

  /// Takes a border pixel's neighbours: 1, and 2 for each along an edge and 10 over a corner.
  mutating func addBorder(_ weight: Int) {
    switch weight {
    case 5, 7, 15, 17, 25, 27: straight += 1
    case 21, 33: diagonal += 1
    case 13, 23: mixed += 1
    default: break
    }
  }

  /// Takes four pixels: which are in the object, row after row.
  mutating func addSquare(_ inside: [Bool]) {
    let count = inside.count { $0 }
    edges += (inside[0] != inside[1] ? 1 : 0) + (inside[2] != inside[3] ? 1 : 0)
    edges += (inside[0] != inside[2] ? 1 : 0) + (inside[1] != inside[3] ? 1 : 0)
    corners += (inside[0] != inside[3] ? 1 : 0) + (inside[1] != inside[2] ? 1 : 0)
    // Source: Gray 1971, for objects connected over corners.
    if count == 1 { quads += 1 }
    if count == 3 { quads -= 1 }
    if count == 2, inside[0] == inside[3] { quads -= 2 }
  }

  func properties(id: UInt8, in size: Size) -> RegionProperties {
    let total = Double(area)
    let (mx, my) = (Double(x) / total, Double(y) / total)
    let (cxx, cxy, cyy) = (
      Double(xx) / total - mx * mx, Double(xy) / total - mx * my, Double(yy) / total - my * my
    )
    // The inertia tensor's [[a, b], [b, c]], rows first.
    let (a, b, c) = (cxx, -cxy, cyy)
    let gap = ((a - c) * (a - c) + 4 * b * b).squareRoot()
    let (large, small) = (max((a + c + gap) / 2, 0), max((a + c - gap) / 2, 0))
    let isRound = a == c
    let orientation =
      isRound ? (b < 0 ? Double.pi / 4 : -Double.pi / 4) : 0.5 * atan2(-2 * b, c - a)
    let origin = origin ?? (0, 0)
    let root = 2.0.squareRoot()
    return RegionProperties(
      id: id, area: area, rows: top..<bottom + 1, columns: left..<right + 1,
      centroid: (Double(origin.y) + my, Double(origin.x) + mx), majorAxis: 4 * large.squareRoot(),
      minorAxis: 4 * small.squareRoot(),
      eccentricity: large > 0 ? (1 - small / large).squareRoot() : 0, orientation: orientation,
      perimeter: Double(straight) + root * Double(diagonal) + (1 + root) / 2 * Double(mixed),
      croftonPerimeter: Double.pi / 8 * (Double(edges) / 2 + Double(corners) / root),
      eulerNumber: quads / 4,
      touchesEdge: left == 0 || top == 0 || right == size.width - 1 || bottom == size.height - 1)
  }
}
