/// Parses `{"points": [[x, y], …]}`, this form of JSON only, in one pass.
///
/// There is no recursion, and only the points are stored. Integers may have a fraction of zeros, as
/// some programs write. Source: RFC 8259.
struct PointListParser {
  private let bytes: [UInt8]
  private var position = 0

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// All points, up to a limit.
  mutating func points(limit: Int) throws(PayloadError) -> [Selection.Point] {
    guard accept("{"), acceptName(), accept(":"), accept("[") else { throw .malformedJSON }
    var points: [Selection.Point] = []
    points.reserveCapacity(min(limit, bytes.count / PointListParser.shortest))
    var count = 0
    if !accept("]") {
      repeat {
        guard let point = point() else { throw .malformedJSON }
        if count < limit { points.append(point) }
        count += 1
      } while accept(",")
      guard accept("]") else { throw .malformedJSON }
    }
    guard accept("}") else { throw .malformedJSON }
    skipSpace()
    guard position == bytes.count else { throw .malformedJSON }
    guard count <= limit else { throw .tooManyPoints(limit: limit, points: count) }
    return points
  }

  /// The minimum bytes of a point with its comma.
  private static let shortest = "[0,0],".utf8.count

  private mutating func point() -> Selection.Point? {
    guard accept("["), let x = number(), accept(","), let y = number(), accept("]") else {
      return nil
    }
    return Selection.Point(x: x, y: y)
  }

  /// A 32-bit integer.
  private mutating func number() -> Int? {
    let sign = accept("-") ? -1 : 1
    let start = position
    var value = 0
    while let digit, position < start + 10 {
      // A digit must not follow a leading zero.
      guard position == start || value > 0 else { return nil }
      value = 10 * value + digit
      position += 1
    }
    guard position > start, skipZeros(), digit == nil else { return nil }
    return Int32(exactly: sign * value).map { Int($0) }
  }

  /// Skips a point and zeros, if there is a point; returns whether zeros follow it.
  private mutating func skipZeros() -> Bool {
    guard next == UInt8(ascii: ".") else { return true }
    position += 1
    let start = position
    while next == UInt8(ascii: "0") { position += 1 }
    return position > start
  }

  /// The current byte; `nil` at the end.
  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  /// The current digit; `nil` if there is none.
  private var digit: Int? {
    guard let next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(next) else { return nil }
    return Int(next - UInt8(ascii: "0"))
  }

  private mutating func acceptName() -> Bool {
    skipSpace()
    let name = "\"points\"".utf8
    guard bytes[position...].starts(with: name) else { return false }
    position += name.count
    return true
  }

  private mutating func accept(_ symbol: Unicode.Scalar) -> Bool {
    skipSpace()
    guard next == UInt8(ascii: symbol) else { return false }
    position += 1
    return true
  }

  private mutating func skipSpace() {
    while let next, next == 0x20 || next == 0x09 || next == 0x0A || next == 0x0D { position += 1 }
  }
}
