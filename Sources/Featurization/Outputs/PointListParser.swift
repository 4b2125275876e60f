import Tensors

/// Parses `{"points": [[x, y], …]}`, this form of JSON only, in one pass.
///
/// There is no recursion, and only the points are stored. Integers may have a fraction of zeros, as
/// some programs write. Source: RFC 8259.
struct PointListParser {
  private var scanner: TextScanner

  init(_ bytes: [UInt8]) {
    scanner = TextScanner(bytes)
  }

  /// All points, up to a limit.
  mutating func points(limit: Int) throws(PayloadError) -> [Selection.Point] {
    var (points, count): ([Selection.Point], Int) = ([], 0)
    do throws(ArrayFileError) {
      try scanner.expect("{")
      try scanner.expect(word: "\"points\"")
      try scanner.expect(":")
      try scanner.expect("[")
      if !scanner.accept("]") {
        repeat {
          let point = try point()
          if count < limit { points.append(point) }
          count += 1
        } while scanner.accept(",")
        try scanner.expect("]")
      }
      try scanner.expect("}")
      try scanner.expectEnd()
    } catch {
      throw .malformedJSON
    }
    guard count <= limit else { throw .tooManyPoints(limit: limit, points: count) }
    return points
  }

  private mutating func point() throws(ArrayFileError) -> Selection.Point {
    try scanner.expect("[")
    let x = try number()
    try scanner.expect(",")
    let y = try number()
    try scanner.expect("]")
    return Selection.Point(x: x, y: y)
  }

  /// A 32-bit integer.
  private mutating func number() throws(ArrayFileError) -> Int {
    let sign = scanner.accept("-") ? -1 : 1
    guard scanner.isAtDigit else { throw scanner.failure("a digit") }
    let value = try scanner.integer()
    if scanner.next == UInt8(ascii: ".") {
      scanner.advance()
      guard scanner.next == UInt8(ascii: "0") else { throw scanner.failure("0") }
      while scanner.next == UInt8(ascii: "0") { scanner.advance() }
      guard !scanner.isAtDigit else { throw scanner.failure("0") }
    }
    guard let number = Int32(exactly: sign * value) else {
      throw scanner.failure("a number of 32 bits before")
    }
    return Int(number)
  }
}
