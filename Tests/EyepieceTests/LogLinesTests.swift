import API
import Eyepiece
import Foundation
import Logging
import Support
import Testing

@Suite("Log lines") struct LogLinesTests {
  /// Lines of one entry, at a time that stands still.
  private func lines(
    _ format: LogFormat, _ message: String, _ metadata: Logger.Metadata = [:]
  ) -> String {
    let written = Box("")
    var logger = Logger(label: "test") { _ in
      LogLines(format, now: { Date(timeIntervalSince1970: 1_763_700_000.25) }) { line in
        written.update { $0 += line }
      }
    }
    logger.logLevel = .info
    logger.info("\(message)", metadata: metadata)
    logger.debug("not this")
    return written.value
  }

  @Test func `an entry is one line, its metadata in order`() {
    #expect(
      lines(.text, "Request", ["path": "/livez", "status": .stringConvertible(200), "a": "b c"])
        == "2025-11-21T04:40:00.250Z info Request a=\"b c\" path=/livez status=200\n")
    #expect(
      lines(.json, "Request", ["path": "/livez", "status": .stringConvertible(200)])
        == #"{"time":"2025-11-21T04:40:00.250Z","level":"info","message":"Request","#
        + #""path":"/livez","status":200}"# + "\n")
  }

  @Test func `seconds are a number with six digits behind the point, in either format`() {
    for (seconds, text) in [
      (0, "0.000000"), (0.000_001_9, "0.000001"), (1.5, "1.500000"), (59.25, "59.250000"),
      (-1, "0.000000"),
      (.nan, "0.000000"), (.infinity, "1000000000.000000"), (1e300, "1000000000.000000"),
    ] {
      let metadata: Logger.Metadata = ["seconds": .stringConvertible(Seconds(seconds))]
      #expect(lines(.text, "x", metadata).hasSuffix(" seconds=\(text)\n"))
      #expect(lines(.json, "x", metadata).hasSuffix(",\"seconds\":\(text)}\n"))
    }
  }

  @Test func `what is counted or measured of a request is a number, the rest is text`() throws {
    var record = AccessRecord(
      method: "GET", resource: "/livez", path: "/1", query: "2", id: "3", trace: nil, client: "4")
    (record.status, record.bytesIn, record.bytesOut) = (200, 5, 6)
    record.duration = .milliseconds(7)
    record.stages = [("queue", .milliseconds(8))]
    let written = Box("")
    let logger = Logger(label: "test") { _ in
      LogLines(.json) { line in written.update { $0 += line } }
    }
    logger.note(record)
    let line = written.value
    for member in [
      #""status":200"#, #""in":5"#, #""out":6"#, #""seconds":0.007000"#, #""queue":0.008000"#,
      #""path":"/1""#, #""query":"2""#, #""request":"3""#, #""client":"4""#,
    ] {
      #expect(line.contains(member), "\(line)")
    }
    #expect(try JSONSerialization.jsonObject(with: Data(line.utf8)) is [String: Any])
  }

  static let texts: [String] =
    [
      "\n", "\r\n", "a\u{0}b", "\u{1b}[2J", "\u{7f}", "\u{85}", "\u{9b}31m", "\u{2028}", "\u{202e}",
      "\"", "\\", "\\n", "\" status=500 x=\"", "{\"level\":\"error\"}", "ä€😀", "a=b", " ", "",
      "2026-01-01T00:00:00Z error faked",
    ]
    + (0..<100).map { seed in
      var chance = SeededNumbers(seed: seed)
      return String(
        String.UnicodeScalarView(
          (0..<40).compactMap { _ in
            Unicode.Scalar(UInt32(chance.below(3) == 0 ? chance.below(32) : chance.below(0x3000)))
          }))
    }

  @Test(arguments: texts)
  func `whatever a client wrote, a line stays one line of printable ASCII`(text: String) throws {
    let metadata: Logger.Metadata = [
      "path": "\(text)", text: "x", "list": ["\(text)", "y"], "more": ["\(text)": "\(text)"],
    ]
    for format in LogFormat.allCases {
      let line = lines(format, text, metadata)
      #expect(
        line.hasSuffix("\n") && line.dropLast().utf8.allSatisfy { (0x20...0x7e).contains($0) })
    }
    let json = lines(.json, text, ["path": "\(text)"])
    let read = try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: String]
    #expect(read?["path"] == text && read?["message"] == text && read?["level"] == "info")
  }

  @Test(arguments: texts)
  func `in text, what stands after a key is one word or in quotes`(text: String) {
    let line = lines(.text, "Request", ["path": "\(text)", "status": "200"])
    let start = "2025-11-21T04:40:00.250Z info Request path="
    #expect(line.hasPrefix(start) && line.hasSuffix(" status=200\n"))
    let value = line.dropFirst(start.count).dropLast(" status=200\n".count)
    let isQuoted = value.wholeMatch(of: /"(?:[^"\\]|\\.)*"/) != nil
    #expect(isQuoted || !value.contains { " =\"\\".contains($0) })
  }
}
