import HTTP1
import Testing

@Suite("Query string") struct QueryStringTests {
  static let good: [(String, [String])] = [
    ("", []), ("a=b", ["a", "b"]), ("a=b&c=d", ["a", "b", "c", "d"]), ("a", ["a", ""]),
    ("a=", ["a", ""]), ("a=b=c", ["a", "b=c"]), ("a+b=c+d", ["a b", "c d"]),
    ("a=%2B%26%3D%25", ["a", "+&=%"]), ("a=1%2c2", ["a", "1,2"]), ("%61=%C3%A4", ["a", "ä"]),
    ("a=1&a=2", ["a", "1", "a", "2"]), ("&&a=b&", ["a", "b"]), ("a=b;c=d", ["a", "b;c=d"]),
    ("a=%0D%0A", ["a", "\r\n"]), ("a=?/", ["a", "?/"]), ("a=%2e%2E%2F%5C", ["a", "../\\"]),
  ]

  static let bad: [(String, QueryError)] = [
    ("a=%", .malformed(parameter: "a", .badEscape)),
    ("a=%4", .malformed(parameter: "a", .badEscape)),
    ("a=%2/b", .malformed(parameter: "a", .badEscape)),
    ("a=b&c=%zz", .malformed(parameter: "c", .badEscape)),
    ("a=%+1", .malformed(parameter: "a", .badEscape)),
    ("a=%-1", .malformed(parameter: "a", .badEscape)),
    ("a%g0=b", .malformed(parameter: "a%g0", .badEscape)),
    ("a=%00", .malformed(parameter: "a", .nul)),
    ("a=%FF", .malformed(parameter: "a", .invalidUTF8)),
    ("a=%C0%AF", .malformed(parameter: "a", .invalidUTF8)),
    ("a=%ED%A0%80", .malformed(parameter: "a", .invalidUTF8)),
    ("a=%C3", .malformed(parameter: "a", .invalidUTF8)),
    ("=b", .missingName), ("a=b&=", .missingName),
    (
      String(repeating: "x", count: 100) + "=%",
      .malformed(parameter: String(repeating: "x", count: 64), .badEscape)
    ),
  ]

  @Test(arguments: good)
  func `QueryString: parameters are decoded in order`(text: String, expected: [String]) throws {
    #expect(try QueryString(text).parameters.flatMap { [$0.name, $0.value] } == expected)
  }

  @Test(arguments: bad)
  func `QueryString: a parameter that cannot be decoded is named`(
    text: String, expected: QueryError
  ) {
    #expect(throws: expected) { try QueryString(text) }
  }

  @Test func `QueryString: every text survives being encoded and decoded`() throws {
    var random = Xorshift(state: 7)
    for _ in 0..<2_000 {
      let scalars = (0..<Int.random(in: 1...8, using: &random)).compactMap { _ in
        Unicode.Scalar(UInt32.random(in: 1...0x10FFFF, using: &random))
      }
      var text = "x"
      text.unicodeScalars.append(contentsOf: scalars)
      let encoded = text.utf8.map { byte in
        let digits = String(byte, radix: 16)
        return byte < 16 ? "%0\(digits)" : "%\(digits)"
      }.joined()
      let query = try QueryString("\(encoded)=\(encoded.uppercased())")
      #expect(query.parameters == [.init(name: text, value: text)])
    }
  }

  @Test func `QueryString: the number of parameters is limited`() throws {
    func query(_ count: Int) -> String {
      Array(repeating: "a=b", count: count).joined(separator: "&")
    }
    #expect(try QueryString(query(64)).parameters.count == 64)
    #expect(throws: QueryError.tooManyParameters(limit: 64)) { try QueryString(query(65)) }
    #expect(throws: QueryError.tooManyParameters(limit: 2)) {
      try QueryString(query(3), parameterLimit: 2)
    }
  }
}
