/// A Swift file's text with every comment and the inside of every string blanked.
///
/// Lines stay where they are. Code inside an interpolation counts as part of its string.
func code(of text: String) -> String {
  var scanner = CodeScanner(text: Array(text))
  return scanner.run()
}

private struct CodeScanner {
  let text: [Character]
  var at = 0
  var result = ""

  mutating func run() -> String {
    while at < text.count {
      if starts("//") {
        blank { !$0.isAtNewline }
      } else if starts("/*") {
        blankComment()
      } else if let opening = openingQuote {
        blankString(opening)
      } else {
        result.append(text[at])
        at += 1
      }
    }
    return result
  }

  var isAtNewline: Bool { text[at].isNewline }

  func starts(_ prefix: String) -> Bool {
    text[at...].starts(with: prefix)
  }

  /// Number of # signs and quotes that open a string here.
  private var openingQuote: (hashes: Int, quotes: Int)? {
    let hashes = text[at...].prefix { $0 == "#" }.count
    let quotes = text[(at + hashes)...].prefix { $0 == "\"" }.count
    guard quotes > 0 else { return nil }
    return (hashes, quotes >= 3 ? 3 : 1)
  }

  private mutating func blankOne() {
    result.append(isAtNewline ? "\n" : " ")
    at += 1
  }

  private mutating func blank(while isInside: (CodeScanner) -> Bool) {
    while at < text.count, isInside(self) { blankOne() }
  }

  /// A block comment, others nested in it.
  private mutating func blankComment() {
    var depth = 0
    repeat {
      if starts("/*") { depth += 1 }
      if starts("*/") { depth -= 1 }
      let isMark = starts("/*") || starts("*/")
      blankOne()
      if isMark, at < text.count { blankOne() }
    } while depth > 0 && at < text.count
  }

  /// A string literal; its quotes stay.
  private mutating func blankString(_ opening: (hashes: Int, quotes: Int)) {
    let hashes = String(repeating: "#", count: opening.hashes)
    let closing = String(repeating: "\"", count: opening.quotes) + hashes
    let escape = "\\" + hashes
    result += hashes + "\""
    result += String(repeating: " ", count: opening.quotes - 1)
    at += opening.hashes + opening.quotes
    while at < text.count, !starts(closing) {
      // A string on one line that does not close there is none; do not swallow the file.
      if opening.quotes == 1, isAtNewline { return }
      let length = starts(escape) ? escape.count + 1 : 1
      for _ in 0..<length where at < text.count { blankOne() }
    }
    guard at < text.count else { return }
    result += "\"" + String(repeating: " ", count: opening.quotes - 1) + hashes
    at += closing.count
  }
}
