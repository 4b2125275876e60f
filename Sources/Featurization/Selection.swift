/// The places of a field that are wanted, counted from the top-left one.
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

  /// Points that fit a query; more of them are posted.
  package static let pointCount = 1000
}

extension Selection {
  /// Reads `x,y,w,h`, with sides of at least 1; `nil` for any other text.
  init?(region text: String) {
    guard let numbers = Selection.numbers(text[...], count: 4), numbers[2] > 0, numbers[3] > 0
    else { return nil }
    self = .region(x: numbers[0], y: numbers[1], width: numbers[2], height: numbers[3])
  }

  /// Reads `x1,y1;x2,y2;…`; `nil` for any other text, or for more points than a query may have.
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
  /// Decimal digits alone: no sign, no blank, few enough that nothing overflows.
  init?(digits text: some StringProtocol) {
    guard (1...10).contains(text.utf8.count),
      text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
    else { return nil }
    self.init(text)
  }
}
