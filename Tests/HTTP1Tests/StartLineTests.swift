import HTTP1
import Testing

@Suite("Start line") struct StartLineTests {
  static func target(_ target: String, method: String = "GET") -> String {
    request("\(method) \(target) HTTP/1.1", "Host: a.example:8471")
  }

  static func bytes(_ target: [UInt8]) -> [UInt8] {
    Array("GET /".utf8) + target + Array(" HTTP/1.1\r\nHost: a\r\n\r\n".utf8)
  }

  static let methods = ["GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE", "TRACE", "get", "BREW"]
    .map { method in
      WireCase("method \(method)", target("/", method: method), "\(method) / 1.1 none keep", "end")
    }

  static let lines: [WireCase] = [
    WireCase(
      "CONNECT to a path", target("/", method: "CONNECT"), "CONNECT / 1.1 none keep", "end"),
    WireCase("CONNECT to an authority", target("a:443", method: "CONNECT"), "! malformedTarget"),
    WireCase("CONNECT to a URL", target("http://a/", method: "CONNECT"), "! malformedTarget"),
    WireCase(
      "TRACE with a body",
      request("TRACE / HTTP/1.1", "Host: a", "Content-Length: 2", body: "hi"),
      "TRACE / 1.1 fixed 2 keep", "body hi", "end"),
    WireCase("no target", "GET HTTP/1.1\r\nHost: a\r\n\r\n", "! malformedRequestLine"),
    WireCase("two blanks", "GET  / HTTP/1.1\r\nHost: a\r\n\r\n", "! malformedRequestLine"),
    WireCase("two later blanks", "GET /  HTTP/1.1\r\nHost: a\r\n\r\n", "! malformedRequestLine"),
    WireCase("tab for a blank", "GET\t/ HTTP/1.1\r\nHost: a\r\n\r\n", "! malformedRequestLine"),
    WireCase("tab after target", "GET /\tHTTP/1.1\r\nHost: a\r\n\r\n", "! malformedTarget"),
    WireCase("blank in target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n", "! malformedRequestLine"),
    WireCase("trailing blank", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n", "! malformedRequestLine"),
    WireCase("blank before method", " GET / HTTP/1.1\r\nHost: a\r\n\r\n", "! malformedRequestLine"),
    WireCase("no method", "/ HTTP/1.1\r\nHost: a\r\n\r\n", "! malformedRequestLine"),
    WireCase(
      "long method", String(repeating: "A", count: 33) + " / HTTP/1.1\r\nHost: a\r\n\r\n",
      "! malformedRequestLine"),
    WireCase("separator in method", "GE(T / HTTP/1.1\r\nHost: a\r\n\r\n", "! malformedRequestLine"),
    WireCase("0.9", "GET /\r\n", "! malformedRequestLine"),
    WireCase("0.9 with blank", "GET / \r\n", "! malformedRequestLine"),
    WireCase("1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", "! unsupportedVersion"),
    WireCase("2.0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n", "! unsupportedVersion"),
    WireCase("0.9 named", "GET / HTTP/0.9\r\nHost: a\r\n\r\n", "! unsupportedVersion"),
    WireCase("01.1", "GET / HTTP/01.1\r\nHost: a\r\n\r\n", "! malformedRequestLine"),
    WireCase("1.10", "GET / HTTP/1.10\r\nHost: a\r\n\r\n", "! malformedRequestLine"),
    WireCase("lower case", "GET / http/1.1\r\nHost: a\r\n\r\n", "! malformedRequestLine"),
    WireCase("no minor", "GET / HTTP/1\r\nHost: a\r\n\r\n", "! malformedRequestLine"),
    WireCase("no minor digit", "GET / HTTP/1.\r\nHost: a\r\n\r\n", "! malformedRequestLine"),
    WireCase("blank in version", "GET / HTTP/ 1.1\r\nHost: a\r\n\r\n", "! malformedRequestLine"),
    WireCase("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "! unsupportedVersion"),
    WireCase("only LF", "GET / HTTP/1.1\nHost: a\n\n", "! malformedRequestLine"),
    WireCase("only CR", "GET / HTTP/1.1\rHost: a\r\r", "! malformedRequestLine"),
    WireCase("TLS", [0x16, 3, 1, 2, 0, 1], ["! malformedRequestLine"]),
    WireCase("random bytes", [0x9F, 0, 0xFF, 13, 10], ["! malformedRequestLine"]),
    WireCase("nothing", [] as [UInt8], []),
    WireCase("half a line", "GET /a", "…"),
    WireCase("half a head", "GET / HTTP/1.1\r\nHost: a\r\n", "…"),
  ]

  static let emptyLines: [WireCase] = [
    WireCase("one", "\r\n" + target("/"), "GET / 1.1 none keep", "end"),
    WireCase(
      "as many as allowed", String(repeating: "\r\n", count: 4) + target("/"),
      "GET / 1.1 none keep", "end"),
    WireCase(
      "one too many", String(repeating: "\r\n", count: 5) + target("/"), "! malformedRequestLine"),
    WireCase("LF", "\n" + target("/"), "! malformedRequestLine"),
    WireCase("CR", "\r" + target("/"), "! malformedRequestLine"),
    WireCase("blanks", "   \r\n" + target("/"), "! malformedRequestLine"),
    WireCase("then only blanks", "\r\n  \r\n", "! malformedRequestLine"),
    WireCase("after the last request", target("/") + "\r\n", "GET / 1.1 none keep", "end"),
  ]

  static let targets: [WireCase] = [
    WireCase("path and query", target("/a/b?c=d?e"), "GET /a/b?c=d?e 1.1 none keep", "end"),
    WireCase("empty query", target("/a?"), "GET /a? 1.1 none keep", "end"),
    WireCase("two slashes", target("//b/c"), "GET //b/c 1.1 none keep", "end"),
    WireCase("dot segments", target("/../%2e%2e/a"), "GET /../%2e%2e/a 1.1 none keep", "end"),
    WireCase("escapes", target("/%00%0d%0a%c0%af"), "GET /%00%0d%0a%c0%af 1.1 none keep", "end"),
    WireCase("relative", target("a/b"), "! malformedTarget"),
    WireCase("query alone", target("?a"), "! malformedTarget"),
    WireCase("star", target("*", method: "OPTIONS"), "OPTIONS * 1.1 none keep", "end"),
    WireCase("star with GET", target("*"), "! malformedTarget"),
    WireCase("star and more", target("*a", method: "OPTIONS"), "! malformedTarget"),
    WireCase("fragment", target("/a#b"), "! malformedTarget"),
    WireCase("backslash", target("/a\\b"), "! malformedTarget"),
    WireCase("quote", target("/a\"b"), "! malformedTarget"),
    WireCase("NUL", bytes([0]), ["! malformedTarget"]),
    WireCase("control", bytes([1]), ["! malformedTarget"]),
    WireCase("delete", bytes([0x7F]), ["! malformedTarget"]),
    WireCase("not ASCII", bytes([0xC3, 0xA4]), ["! malformedTarget"]),
    WireCase("Latin 1", bytes([0xE4]), ["! malformedTarget"]),
    WireCase(
      "absolute", target("http://a.example:8471/b?c"), "GET /b?c 1.1 none keep", "end"),
    WireCase("absolute, cases", target("HTTP://A.Example:8471/b"), "GET /b 1.1 none keep", "end"),
    WireCase("absolute, no path", target("https://a.example:8471"), "GET / 1.1 none keep", "end"),
    WireCase(
      "absolute, query only", target("http://a.example:8471?q"), "GET /?q 1.1 none keep", "end"),
    WireCase(
      "absolute, OPTIONS", target("http://a.example:8471", method: "OPTIONS"),
      "OPTIONS * 1.1 none keep", "end"),
    WireCase("absolute, other host", target("http://b.example:8471/"), "! malformedHost"),
    WireCase("absolute, other port", target("http://a.example/"), "! malformedHost"),
    WireCase("absolute, user", target("http://u@a.example:8471/"), "! malformedTarget"),
    WireCase("absolute, no host", target("http:///"), "! malformedTarget"),
    WireCase("other scheme", target("ftp://a.example:8471/"), "! malformedTarget"),
    WireCase(
      "absolute, 1.0, no Host", request("GET http://b/c HTTP/1.0"), "GET /c 1.0 none close", "end"),
    WireCase(
      "as long as allowed", target("/" + String(repeating: "a", count: 8191)),
      "GET long 1.1 none keep", "end"),
    WireCase(
      "too long", target("/" + String(repeating: "a", count: 8192)),
      "! targetTooLong(limit: 8192)"),
  ]

  @Test(arguments: methods + lines)
  func `Start line: a request line is read unchanged or refused`(_ wire: WireCase) {
    wire.check()
  }

  @Test(arguments: emptyLines)
  func `Start line: a few empty lines before a request are skipped`(_ wire: WireCase) {
    wire.check()
  }

  @Test(arguments: targets)
  func `Start line: a target is a path, a URL of this host, or a star`(_ wire: WireCase) {
    wire.check()
  }
}
