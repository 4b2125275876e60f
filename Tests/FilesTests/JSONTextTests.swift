import Files
import Foundation
import Support
import Testing

@Suite("JSON text") struct JSONTextTests {
  static let texts: [String] =
    ["", "plain", "C:\\a", "say \"a\"", "\n\r\t\u{8}\u{C}\u{0}\u{1F}", "\u{7F}", "ä€😀", "\u{2028}"]
    + (0..<100).map { seed in
      var chance = SeededNumbers(seed: seed)
      return String(
        String.UnicodeScalarView(
          (0..<40).compactMap { _ in
            Unicode.Scalar(UInt32(chance.below(chance.below(2) == 0 ? 0x80 : 0x11_0000)))
          }))
    }

  @Test(arguments: texts)
  func `JSON text: a JSON reader finds the text again`(text: String) throws {
    for json in [text.jsonQuoted, "\"\(text.jsonEscaped(asASCII: true))\""] {
      let read = try JSONSerialization.jsonObject(with: Data("[\(json)]".utf8)) as? [String]
      #expect(read.map { $0.map { Array($0.utf8) } } == [Array(text.utf8)])
    }
    #expect(text.jsonEscaped(asASCII: true).utf8.allSatisfy { (0x20...0x7E).contains($0) })
  }

  @Test
  func `JSON text: only what must be is escaped, unless ASCII is asked for`() {
    let text = "a\"\\\u{1}\n\u{7F}ä😀"
    #expect(text.jsonQuoted == "\"a\\\"\\\\\\u0001\\u000a\u{7F}ä😀\"")
    #expect(text.jsonEscaped(asASCII: true) == #"a\"\\\u0001\u000a\u007f\u00e4\ud83d\ude00"#)
  }
}
