import Imaging

/// The requested places of a field, counted from the top-left one.
package enum Selection: Sendable, Hashable, Codable {
  case all
  case region(x: Int, y: Int, width: Int, height: Int)
  case points([Point])

  package struct Point: Sendable, Hashable, Codable {
    package let x: Int
    package let y: Int

    package init(x: Int, y: Int) {
      self.x = x
      self.y = y
    }
  }

  /// The maximum number of points in a query; more can be posted.
  package static let pointCount = 1000

  /// The largest coordinate in a query.
  static let farthest = 9_999_999_999
}

extension Selection {
  /// Reads `x,y,w,h`, with sides of at least 1; `nil` for any other text.
  init?(region text: String) {
    guard let numbers = Selection.numbers(text[...], count: 4), numbers[2] > 0, numbers[3] > 0
    else { return nil }
    self = .region(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3])
  }

  /// Reads `x1,y1;x2,y2;…`; `nil` for any other text, or for too many points.
  init?(points text: String) {
    let parts = text.split(separator: ";", omittingEmptySubsequences: false)
    guard parts.count <= Selection.pointCount else { return nil }
    var points: [Point] = []
    for part in parts {
      guard let numbers = Selection.numbers(part, count: 2) else { return nil }
      points.append(Point(x: numbers[0], y: numbers[1]))
    }
    self = .points(points)
  }

  private static func numbers(_ text: Substring, count: Int) -> [Int]? {
    let parts = text.split(separator: ",", omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Int(digits: $0) }
    return parts.count == count && numbers.count == count ? numbers : nil
  }
}

extension Int {
  /// Decimal digits only: no sign, no space, few enough not to overflow.
  package init?(digits text: some StringProtocol) {
    guard (1...10).contains(text.utf8.count),
      text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    self.init(text)
  }
}

extension Selection {
  /// The requested rectangle; the whole size if none is given.
  func window(of shown: Size) -> Window {
    guard case .region(let x, let y, let width, let height) = self else {
      return Window(rows: 0..<shown.height, columns: 0..<shown.width)
    }
    return Window(rows: y..<y + height, columns: x..<x + width)
  }

  /// The shape of an array of the places, without channels: `[height, width]`, or `[n]` at points.
  func shape(in shown: Size) -> [Int] {
    if case .points(let points) = self { return [points.count] }
    let size = window(of: shown).size
    return [size.height, size.width]
  }

  /// Throws if a requested place is outside the field.
  func check(in shown: Size) throws(FeaturizationError) {
    switch self {
    case .all: break
    case .region(let x, let y, let width, let height):
      guard x + width <= shown.width, y + height <= shown.height else {
        throw .outside(x: x + width - 1, y: y + height - 1, of: shown)
      }
    case .points(let points):
      for point in points {
        guard point.x >= 0, point.y >= 0, point.x < shown.width, point.y < shown.height else {
          throw .outside(x: point.x, y: point.y, of: shown)
        }
      }
    }
  }
}
