import HTTP1
import HTTPTypes
import Testing

@Suite("Response writer") struct ResponseWriterTests {
  static let now = HTTPDate(secondsSince1970: 784_111_777)
  static let get = RequestHead(method: .get, target: RequestTarget(path: "/"))

  static func lines(
    _ response: Response, answering request: RequestHead? = get, keepsAlive: Bool = true
  ) -> [String] {
    let writer = ResponseWriter(answering: request, keepsAlive: keepsAlive)
    let text = String(decoding: writer.head(of: response, at: now), as: UTF8.self)
    #expect(text.hasSuffix("\r\n\r\n"))
    return text.split(separator: "\r\n").map(String.init)
  }

  static let date = "Date: Sun, 06 Nov 1994 08:49:37 GMT"

  @Test
  func `ResponseWriter: a head has a status line, the handler's fields, a length and a date`() {
    let response = Response(
      status: .ok, fields: [.contentType: "text/plain", .eTag: "\"a\""], body: .bytes([1, 2, 3]))
    #expect(
      Self.lines(response) == [
        "HTTP/1.1 200 OK", "Content-Type: text/plain", "ETag: \"a\"", "Content-Length: 3",
        Self.date,
      ])
  }

  @Test func `ResponseWriter: a streamed body has its length`() {
    let response = Response(status: .ok, body: .stream(length: 1 << 40) { _ in })
    #expect(Self.lines(response).contains("Content-Length: 1099511627776"))
    let wrong = Response(status: .ok, body: .stream(length: -1) { _ in })
    #expect(Self.lines(wrong).contains("Content-Length: 0"))
  }

  @Test(arguments: [200, 204, 205, 304, 404] as [Int])
  func `ResponseWriter: HEAD has the head of GET and no body`(code: Int) {
    let response = Response(status: .init(code: code), body: .bytes([1]))
    let head = RequestHead(method: .head, target: RequestTarget(path: "/"))
    #expect(Self.lines(response, answering: head) == Self.lines(response))
    #expect(ResponseWriter(answering: head).framing(of: response) == .none)
  }

  @Test(
    arguments: [(200, "1"), (204, nil), (205, "0"), (304, nil), (404, "1")] as [(Int, String?)])
  func `ResponseWriter: some statuses have no body`(code: Int, length: String?) {
    let response = Response(status: .init(code: code), body: .bytes([1]))
    let found = Self.lines(response).filter { $0.hasPrefix("Content-Length") }
    #expect(found == (length.map { ["Content-Length: \($0)"] } ?? []))
    let framing = ResponseWriter(answering: Self.get).framing(of: response)
    #expect(framing == (length == "1" ? .length(1) : .none))
  }

  @Test func `ResponseWriter: the connection is closed for a client that requests it`() {
    var closing = Self.get
    closing.keepsAlive = false
    var old = Self.get
    old.version = .http10
    let response = Response(status: .ok)
    func connection(_ request: RequestHead?, keepsAlive: Bool = true) -> [String] {
      Self.lines(response, answering: request, keepsAlive: keepsAlive)
        .filter { $0.hasPrefix("Connection") }
    }
    #expect(connection(Self.get) == [])
    #expect(connection(Self.get, keepsAlive: false) == ["Connection: close"])
    #expect(connection(closing) == ["Connection: close"])
    #expect(connection(nil) == ["Connection: close"])
    #expect(connection(old) == ["Connection: keep-alive"])
    #expect(!ResponseWriter(answering: nil).keepsAlive(after: response))
    #expect(ResponseWriter(answering: old).keepsAlive(after: response))
  }

  @Test func `ResponseWriter: a body of unknown length is chunked, for HTTP/1.0 ended by closing`()
  {
    let response = Response(status: .ok, body: .unsized { _ in })
    #expect(
      Self.lines(response) == ["HTTP/1.1 200 OK", "Transfer-Encoding: chunked", Self.date])
    var old = Self.get
    old.version = .http10
    #expect(
      Self.lines(response, answering: old)
        == ["HTTP/1.1 200 OK", Self.date, "Connection: close"])
    let writer = ResponseWriter(answering: old)
    #expect(writer.framing(of: response) == .untilClose)
    #expect(!writer.keepsAlive(after: response))
    #expect(ResponseWriter(answering: Self.get).keepsAlive(after: response))
    for code in [204, 205, 304] {
      let empty = Response(status: .init(code: code), body: .unsized { _ in })
      #expect(ResponseWriter(answering: Self.get).framing(of: empty) == .none)
      #expect(!Self.lines(empty).contains { $0.hasPrefix("Transfer-Encoding") })
    }
  }

  @Test func `ResponseFraming: chunks say their length, and no piece ends the body`() {
    #expect(ResponseFraming.chunked.piece(Array("abc".utf8)) == Array("3\r\nabc\r\n".utf8))
    let piece = ResponseFraming.chunked.piece([UInt8](repeating: 1, count: 0x1A2))
    #expect(piece.starts(with: Array("1a2\r\n".utf8)))
    #expect(ResponseFraming.chunked.piece([]).isEmpty)
    #expect(ResponseFraming.chunked.end == Array("0\r\n\r\n".utf8))
    #expect(ResponseFraming.untilClose.piece([1, 2]) == [1, 2])
    #expect(ResponseFraming.untilClose.end.isEmpty)
  }

  @Test func `ResponseWriter: a handler cannot set the framing`() {
    let response = Response(
      status: .ok,
      fields: [
        .contentLength: "99", .transferEncoding: "chunked", .connection: "upgrade", .upgrade: "x",
        .date: "now", .trailer: "a",
      ])
    #expect(Self.lines(response) == ["HTTP/1.1 200 OK", "Content-Length: 0", Self.date])
  }

  @Test func `ResponseWriter: no text splits an answer`() throws {
    let evil = "a\r\nSet-Cookie: b\n\n\0<html>\u{7F}\u{85}\u{2028}"
    let name = try #require(HTTPField.Name("X-Evil"))
    var fields: HTTPFields = [:]
    fields.append(HTTPField(name: name, value: evil))
    fields.append(HTTPField(name: name, lenientValue: Array(evil.utf8)))
    fields.append(HTTPField(name: name, lenientValue: [1, 0x0B, 0x0C, 0x1B, 0x7F]))
    let response = Response(status: .init(code: 200, reasonPhrase: evil), fields: fields)
    let bytes = ResponseWriter(answering: Self.get).head(of: response, at: Self.now)
    let ends = bytes.indices.filter { bytes[$0] == 13 }
    #expect(ends.count == 7)
    #expect(ends.allSatisfy { bytes[$0 + 1] == 10 })
    #expect(bytes.count { $0 < 0x20 } == 14)
    #expect(!bytes.contains(0x7F))
  }

  @Test(arguments: [0, 100, 101, 199, 600, 999])
  func `ResponseWriter: a status that is not final becomes an internal error`(code: Int) {
    #expect(Self.lines(Response(status: .init(code: code))).first == "HTTP/1.1 500 ")
  }

  @Test func `ResponseWriter: a waiting client gets 100 Continue`() {
    #expect(ResponseWriter.continue == Array("HTTP/1.1 100 Continue\r\n\r\n".utf8))
  }
}

@Suite("HTTP date") struct HTTPDateTests {
  static let dates: [(Int, String)] = [
    (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
    (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"), (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
    (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"), (-1, "Wed, 31 Dec 1969 23:59:59 GMT"),
    (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
    (253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT"), (.max, "Fri, 31 Dec 9999 23:59:59 GMT"),
    (.min, "Mon, 01 Jan 0001 00:00:00 GMT"),
  ]

  @Test(arguments: dates)
  func `HTTPDate: a time is written as IMF-fixdate`(seconds: Int, text: String) {
    #expect(HTTPDate(secondsSince1970: seconds).text == text)
  }

  @Test func `HTTPDate: days, months and weekdays are consecutive for 400 years`() throws {
    let months = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    let names = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(separator: " ")
    var (year, month, day, weekday) = (1970, 0, 1, 4)
    for number in 0..<146_097 {
      let text = HTTPDate(secondsSince1970: number * 86_400 + 43_200).text
      let padded = day < 10 ? "0\(day)" : "\(day)"
      let expected = "\(weekdays[weekday]), \(padded) \(names[month]) \(year) 12:00:00 GMT"
      try #require(text == expected)
      let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
      weekday = (weekday + 1) % 7
      day += 1
      if day > months[month] + (month == 1 && isLeap ? 1 : 0) { (day, month) = (1, month + 1) }
      if month == 12 { (month, year) = (0, year + 1) }
    }
  }
}
