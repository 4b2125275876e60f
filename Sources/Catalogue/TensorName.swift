/// A tensor's name with places for numbers and words, such as `blocks.#.norm1.*`.
///
/// A `*` stands for one part between dots, a `#` for the decimal digits with which one ends.
struct NamePattern: Sendable, Hashable {
  private let parts: [Substring]

  init(_ text: String) {
    parts = text.split(separator: ".")
  }

  /// What stands in the pattern's places, `nil` for a name of another form.
  func places(in name: [Substring]) -> [Substring]? {
    guard name.count == parts.count else { return nil }
    var places: [Substring] = []
    for (part, text) in zip(parts, name) {
      if part == text { continue }
      if part == "*" {
        places.append(text)
      } else if part.last == "#" {
        let word = part.dropLast()
        let digits = text.dropFirst(word.count)
        guard text.hasPrefix(word), digits.isNumber else { return nil }
        places.append(digits)
      } else {
        return nil
      }
    }
    return places
  }

  /// The name with these in its places, of which there are as many.
  func name(with places: [Substring]) -> String {
    var rest = places.makeIterator()
    return parts.map { part in
      if part == "*" { return String(rest.next() ?? part) }
      return part.last == "#" ? "\(part.dropLast())\(rest.next() ?? "#")" : String(part)
    }.joined(separator: ".")
  }
}

extension Substring {
  fileprivate var isNumber: Bool { !isEmpty && utf8.allSatisfy { (48...57).contains($0) } }
}

extension String {
  /// What stands between dots.
  var parts: [Substring] { split(separator: ".", omittingEmptySubsequences: false) }

  /// The name with every number replaced by `#`: the same for all blocks.
  var ofAnyBlock: String {
    parts.map { $0.isNumber ? "#" : $0 }.joined(separator: ".")
  }
}
