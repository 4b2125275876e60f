import HTTP1
import Testing

@Suite("Framing") struct FramingTests {
  static func length(_ value: String) -> String {
    request("POST / HTTP/1.1", "Host: a", "Content-Length:\(value)", body: "0123456789")
  }

  static let badLengths = [
    "", " ", " +5", " -5", " -0", " 0x5", " 05", " 00", " 5_0", " 5 0", " 5a", " 5.0", " 5,5",
    " 5, 6", " 5;", " \"5\"", " 9223372036854775808", " 18446744073709551616",
    " 18446744073709551621", " " + String(repeating: "1", count: 20),
    " " + String(repeating: "9", count: 40), " ٥", " 5\u{B}",
  ].map {
    WireCase(
      "length '\($0)'", length($0), $0.contains("\u{B}") ? "! malformedField" : "! malformedLength")
  }

  static let lengths: [WireCase] = [
    WireCase("ten", length(" 10 "), "POST / 1.1 fixed 10 keep", "body 0123456789", "end"),
    WireCase(
      "fewer bytes than promised", length("11"), "POST / 1.1 fixed 11 keep", "body 0123456789",
      "…"),
    WireCase(
      "zero, then a request",
      request("POST / HTTP/1.1", "Host: a", "Content-Length: 0") + get("X: y"),
      "POST / 1.1 fixed 0 keep", "end", "GET / 1.1 none keep", "end"),
    WireCase(
      "two equal", get("Content-Length: 5\r\nContent-Length: 5", body: "01234"),
      "! conflictingFraming"),
    WireCase(
      "two unequal", get("Content-Length: 5\r\nContent-Length: 6", body: "01234"),
      "! conflictingFraming"),
    WireCase(
      "a body on GET", get("Content-Length: 16", body: "GET / HTTP/1.1\r\n"),
      "GET / 1.1 fixed 16 keep", "body GET / HTTP/1.1\r\n", "end"),
    WireCase(
      "neither length nor coding, then a request",
      request("DELETE / HTTP/1.1", "Host: a") + get("X: y"), "DELETE / 1.1 none keep", "end",
      "GET / 1.1 none keep", "end"),
    WireCase(
      "the largest length", get("Content-Length: 9223372036854775807"),
      "GET / 1.1 fixed 9223372036854775807 keep", "…"),
    WireCase(
      "a huge promise over the limit", get("Content-Length: 9223372036854775807"),
      "GET / 1.1 fixed 9223372036854775807 keep", "! bodyTooLarge(limit: 1000)", bodyLimit: 1000),
    WireCase(
      "one over the limit", length("10"), "POST / 1.1 fixed 10 keep", "! bodyTooLarge(limit: 9)",
      bodyLimit: 9),
    WireCase(
      "at the limit", length("10"), "POST / 1.1 fixed 10 keep", "body 0123456789", "end",
      bodyLimit: 10),
  ]

  static func coding(_ field: String, version: String = "1.1") -> String {
    request("POST / HTTP/\(version)", "Host: a", field, body: "2\r\nab\r\n0\r\n\r\n")
  }

  static let chunked = ["chunked", "Chunked", "CHUNKED", "  chunked\t"].map {
    WireCase(
      "coding '\($0)'", coding("Transfer-Encoding: \($0)"), "POST / 1.1 chunked keep", "body ab",
      "end")
  }

  static let refused: [(String, String)] = [
    ("gzip", "unsupportedTransferCoding"), ("xchunked", "unsupportedTransferCoding"),
    ("identity", "unsupportedTransferCoding"), ("gzip, chunked", "unsupportedTransferCoding"),
    ("identity, chunked", "unsupportedTransferCoding"),
    ("chunked, chunked", "conflictingFraming"), ("chunked, gzip", "conflictingFraming"),
    ("chunked;a=b", "conflictingFraming"), ("chunked,", "conflictingFraming"),
    (",chunked", "conflictingFraming"), ("", "conflictingFraming"),
    ("\"chunked\"", "conflictingFraming"), ("'chunked'", "unsupportedTransferCoding"),
    ("chunked chunked", "conflictingFraming"), ("chun\u{212A}ed", "conflictingFraming"),
    ("\u{B}chunked", "malformedField"), ("chunked\u{C}", "malformedField"),
    ("chunked\0", "malformedField"), ("\r\n chunked", "malformedField"),
  ]

  static let codings: [WireCase] =
    refused.map {
      WireCase("coding '\($0.0)'", coding("Transfer-Encoding: \($0.0)"), "! \($0.1)")
    } + [
      WireCase(
        "blank before colon", coding("Transfer-Encoding : chunked"), "! malformedField"),
      WireCase(
        "two codings", coding("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
        "! conflictingFraming"),
      WireCase(
        "with a length", coding("Transfer-Encoding: chunked\r\nContent-Length: 5"),
        "! conflictingFraming"),
      WireCase(
        "after a length", coding("Content-Length: 5\r\ntransfer-encoding: chunked"),
        "! conflictingFraming"),
      WireCase(
        "a bad coding with a length", coding("Content-Length: 5\r\nTransfer-Encoding: x"),
        "! conflictingFraming"),
      WireCase(
        "on 1.0", coding("Transfer-Encoding: chunked", version: "1.0"), "! conflictingFraming"),
      WireCase(
        "in TE only", get("TE: chunked") + "2\r\n", "GET / 1.1 none keep", "end",
        "! malformedRequestLine"),
    ]

  @Test(arguments: badLengths + lengths)
  func `Framing: a length is digits, given once`(_ wire: WireCase) {
    wire.check()
  }

  @Test(arguments: chunked + codings)
  func `Framing: chunked is the only coding, given once`(_ wire: WireCase) {
    wire.check()
  }
}
