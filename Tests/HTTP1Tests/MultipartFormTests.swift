import HTTP1
import Testing

@Suite("Multipart form") struct MultipartFormTests {
  static let type = "multipart/form-data; boundary=b"

  /// A part as clients write it, preceded by its delimiter.
  static func part(
    _ disposition: String = "form-data; name=\"a\"", fields: String = "", _ data: String = "data"
  ) -> String {
    "--b\r\nContent-Disposition: \(disposition)\r\n\(fields)\r\n\(data)\r\n"
  }

  static func parse(
    _ text: String, type: String = type, limits: MultipartLimits = MultipartLimits()
  ) throws(MultipartError) -> [String] {
    let body = Array(text.utf8)
    return try MultipartForm(body: body, contentType: type, limits: limits).parts.map { part in
      let data = String(decoding: body[part.range], as: UTF8.self)
      return "\(part.name)|\(part.filename ?? "-")|\(part.contentType ?? "-")|\(data)"
    }
  }

  static let good: [(String, [String])] = [
    (part() + "--b--\r\n", ["a|-|-|data"]),
    (part() + "--b--", ["a|-|-|data"]),
    (
      part()
        + part("form-data; name=c; filename=\"d e.tif\"", fields: "Content-Type: image/tiff\r\n")
        + "--b--\r\n", ["a|-|-|data", "c|d e.tif|image/tiff|data"]
    ),
    (part("Form-Data ; NAME=a") + "--b--", ["a|-|-|data"]),
    ("preamble\r\nmore\r\n" + part() + "--b--\r\nepilogue\r\n--b\r\n", ["a|-|-|data"]),
    ("\r\n" + part() + "--b--", ["a|-|-|data"]),
    ("--b--\r\n", []),
    (part("form-data; name=a; filename=\"\"", "") + "--b--", ["a||-|"]),
    ("--b\r\nContent-Disposition: form-data; name=a\r\n\r\n--b--", ["a|-|-|"]),
    (part("form-data; name=a", "\r\n") + "--b--", ["a|-|-|\r\n"]),
    (part("form-data; name=a", "\r\n--bc\r\n--") + "--b--", ["a|-|-|\r\n--bc\r\n--"]),
    (part("form-data; name=a", "x--b\r\n-b\n--b\r\n") + "--b--", ["a|-|-|x--b\r\n-b\n--b\r\n"]),
    (part("form-data; name=a", "\r\r\n\r\n-\r\n--") + "--b--", ["a|-|-|\r\r\n\r\n-\r\n--"]),
    (
      part("form-data; name=a; filename=\"../../etc/passwd\"") + "--b--",
      [
        "a|../../etc/passwd|-|data"
      ]
    ),
    (part("form-data; name=a; filename=\"C:\\\\x\\\"y\"") + "--b--", ["a|C:\\x\"y|-|data"]),
    (part("form-data; name=\"ä\"; filename=\"µm.tif\"") + "--b--", ["ä|µm.tif|-|data"]),
    (part("form-data; name=a; filename*=UTF-8''%c2%b5") + "--b--", ["a|-|-|data"]),
    (part(fields: "Content-Transfer-Encoding: BINARY\r\nX: y\r\n") + "--b--", ["a|-|-|data"]),
    (
      part(
        fields: "Content-Type: multipart/mixed; boundary=c\r\n",
        "--c\r\nContent-Disposition: file\r\n\r\nx\r\n--c--") + "--b--",
      [
        "a|-|multipart/mixed; boundary=c|--c\r\nContent-Disposition: file\r\n\r\nx\r\n--c--"
      ]
    ),
  ]

  static let bad: [(String, MultipartError)] = [
    ("", .missingFirstDelimiter), ("--", .missingFirstDelimiter),
    ("x--b\r\n", .missingFirstDelimiter), ("--b", .missingFirstDelimiter),
    ("--bc\r\n", .missingFirstDelimiter),
    ("--b\n", .malformedDelimiter(offset: 3)), ("--b\rx", .malformedDelimiter(offset: 3)),
    ("--b \r\n", .malformedDelimiter(offset: 3)),
    (part() + "--b--x", .malformedDelimiter(offset: 60)),
    (
      part().split(separator: "\r\n").joined(separator: "\n") + "--b--\n",
      .malformedDelimiter(offset: 3)
    ),
    (part(), .missingFinalDelimiter(part: 1)), (part() + "--b", .missingFinalDelimiter(part: 1)),
    (part() + "--b-", .missingFinalDelimiter(part: 1)),
    (part() + "--b\r\n", .missingFinalDelimiter(part: 2)),
    (part() + "--b\r\nContent-", .missingFinalDelimiter(part: 2)),
    ("--b\r\n\r\ndata\r\n--b--", .malformedPartHeader(part: 1)),
    ("--b\r\nX: y\r\n\r\ndata\r\n--b--", .malformedPartHeader(part: 1)),
    ("--b\r\n--b--", .missingFinalDelimiter(part: 1)),
    ("--b\r\n--b--\r\n", .malformedPartHeader(part: 1)),
    (part("form-data") + "--b--", .missingName(part: 1)),
    (part("form-data; name=\"\"") + "--b--", .missingName(part: 1)),
    (part("form-data; filename=a") + "--b--", .missingName(part: 1)),
    (part("attachment; name=a") + "--b--", .malformedPartHeader(part: 1)),
    (part("form-data; name=a; name=b") + "--b--", .malformedPartHeader(part: 1)),
    (part("form-data; name=\"a") + "--b--", .malformedPartHeader(part: 1)),
    (part("form-data; name=\"a\"x") + "--b--", .malformedPartHeader(part: 1)),
    (part("form-data; name=a\0") + "--b--", .malformedPartHeader(part: 1)),
    (part(fields: " folded\r\n") + "--b--", .malformedPartHeader(part: 1)),
    (
      part(fields: "Content-Disposition: form-data; name=b\r\n") + "--b--",
      .malformedPartHeader(part: 1)
    ),
    (
      part(fields: "Content-Type: a/b\r\nContent-Type: a/b\r\n") + "--b--",
      .malformedPartHeader(part: 1)
    ),
    (
      part(fields: "Content-Transfer-Encoding: base64\r\n") + "--b--",
      .unsupportedTransferEncoding(part: 1)
    ),
    (part() + part() + "--b--", .duplicateName("a")),
  ]

  static let types: [(String, MultipartError?)] = [
    ("multipart/form-data; boundary=b", nil), ("Multipart/Form-Data;BOUNDARY=\"b\"", nil),
    ("multipart/form-data; charset=utf-8; boundary=b", nil),
    ("multipart/form-data", .missingBoundary),
    ("multipart/form-data; boundary=\"\"", .malformedBoundary),
    ("multipart/form-data; boundary=", .notFormData), ("multipart/form-data;", .notFormData),
    ("multipart/form-data; boundary=b; boundary=b", .notFormData),
    ("multipart/mixed; boundary=b", .notFormData), ("image/png", .notFormData), ("", .notFormData),
    ("multipart/form-data; boundary=\"b ", .notFormData),
    ("multipart/form-data; boundary=\"b \"", .malformedBoundary),
    ("multipart/form-data; boundary=\"b\u{E4}\"", .malformedBoundary),
    ("multipart/form-data; boundary=\"b;c\"", .malformedBoundary),
    ("multipart/form-data; boundary=" + String(repeating: "b", count: 71), .malformedBoundary),
  ]

  @Test(arguments: good)
  func `MultipartForm: parts are found at their ranges`(text: String, expected: [String]) throws {
    #expect(try Self.parse(text) == expected)
  }

  @Test(arguments: bad)
  func `MultipartForm: a malformed form is refused with a reason`(
    text: String, expected: MultipartError
  ) {
    #expect(throws: expected) { try Self.parse(text) }
  }

  @Test(arguments: types)
  func `MultipartForm: the content type names the boundary`(type: String, expected: MultipartError?)
    throws
  {
    if let expected {
      #expect(throws: expected) { try Self.parse(Self.part() + "--b--", type: type) }
    } else {
      #expect(try Self.parse(Self.part() + "--b--", type: type) == ["a|-|-|data"])
    }
  }

  @Test(arguments: [String(repeating: "x", count: 70), "'()+_,-./:=?", "a b", "$&~x", "-", "--"])
  func `MultipartForm: every legal boundary separates parts`(boundary: String) throws {
    let text = Self.part() + "--b--"
    let replaced = text.split(separator: "--b", omittingEmptySubsequences: false)
      .joined(separator: "--" + boundary)
    let type = "multipart/form-data; boundary=\"\(boundary)\""
    #expect(try Self.parse(replaced, type: type) == ["a|-|-|data"])
  }

  @Test func `MultipartForm: a part's header has a maximum size`() throws {
    func form(_ length: Int) -> String {
      let line = "X: " + String(repeating: "y", count: length - 5) + "\r\n"
      return Self.part(fields: line) + "--b--"
    }
    let rest = "Content-Disposition: form-data; name=\"a\"\r\n\r\n".utf8.count
    #expect(try Self.parse(form(8192 - rest)) == ["a|-|-|data"])
    for length in [8193 - rest, 1 << 20] {
      #expect(throws: MultipartError.partHeaderTooLarge(part: 1, limit: 8192)) {
        try Self.parse(form(length))
      }
    }
  }

  @Test func `MultipartForm: a part header that is not UTF-8 is Latin-1`() throws {
    let name = Array("form-data; name=\"".utf8) + [0xE4] + Array("\"; filename=\"".utf8) + [0xB5]
    let body =
      Array("--b\r\nContent-Disposition: ".utf8) + name
      + Array("m.tif\"\r\n\r\ndata\r\n--b--".utf8)
    let form = try MultipartForm(body: body, contentType: Self.type)
    #expect(form.parts.map(\.name) == ["ä"])
    #expect(form.parts.map(\.filename) == ["µm.tif"])
    #expect(form.parts.map { String(decoding: body[$0.range], as: UTF8.self) } == ["data"])
  }

  @Test func `MultipartForm: the number of parts is limited`() throws {
    func form(_ count: Int) -> String {
      (0..<count).map { Self.part("form-data; name=p\($0)") }.joined() + "--b--"
    }
    #expect(try Self.parse(form(64)).count == 64)
    #expect(throws: MultipartError.tooManyParts(limit: 64)) { try Self.parse(form(65)) }
    #expect(throws: MultipartError.tooManyParts(limit: 64)) { try Self.parse(form(10_000)) }
  }

  @Test func `MultipartForm: a part is found by its name`() throws {
    let body = Array((Self.part() + Self.part("form-data; name=c", "x") + "--b--").utf8)
    let form = try MultipartForm(body: body, contentType: Self.type)
    #expect(form["c"]?.range.count == 1)
    #expect(form["d"] == nil)
  }

  @Test func `MultipartForm: a truncated body is refused, not misread`() throws {
    let text = Array((Self.part() + Self.part("form-data; name=c", "x") + "--b--").utf8)
    for length in 0..<text.count {
      #expect(throws: MultipartError.self, "\(length)") {
        try MultipartForm(body: Array(text[..<length]), contentType: Self.type)
      }
    }
  }

  @Test func `MultipartForm: any bytes yield a form or an error, with ranges inside the body`() {
    var random = Xorshift(state: 11)
    let seed = Array((Self.part() + Self.part("form-data; name=c", "\r\n--") + "--b--\r\n").utf8)
    let alphabet = Array("\r\n-b:;=\" ax\0".utf8)
    var accepted = 0
    for _ in 0..<20_000 {
      var body = seed
      for _ in 0..<Int.random(in: 1...3, using: &random) {
        let index = Int.random(in: 0..<body.count, using: &random)
        let byte = alphabet[Int.random(in: 0..<alphabet.count, using: &random)]
        if Bool.random(using: &random) { body[index] = byte } else { body.insert(byte, at: index) }
      }
      guard let form = try? MultipartForm(body: body, contentType: Self.type) else { continue }
      accepted += 1
      #expect(form.parts.allSatisfy { $0.range.upperBound <= body.count })
    }
    #expect((1_000..<19_000).contains(accepted))
  }
}
