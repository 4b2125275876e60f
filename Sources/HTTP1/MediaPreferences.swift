/// The media types that a client accepts, with weights.
///
/// Source: RFC 9110 §12.5.1.
package struct MediaPreferences: Sendable, Hashable {
  /// A member of `Accept`, in lower case; `*` matches anything.
  fileprivate struct MediaRange: Hashable {
    let type: String
    let subtype: String
    let hasParameters: Bool
    /// The weight in thousandths.
    let weight: Int
  }

  private let ranges: [MediaRange]

  /// Reads `Accept`; without a valid member it accepts everything.
  ///
  /// A range with parameters matches nothing here, where types have none.
  package init(_ field: String?) {
    ranges = (field ?? "").listElements.compactMap(MediaRange.init)
  }

  /// The most preferred of some types, given in the server's order; `nil` when none is acceptable.
  package func best(of offered: [String]) -> String? {
    var best: (type: String, weight: Int)?
    for type in offered {
      let weight = weight(of: type)
      if weight > best?.weight ?? 0 { best = (type, weight) }
    }
    return best?.type
  }

  /// The weight by the most specific matching range, in thousandths; 0 is not acceptable.
  private func weight(of mediaType: String) -> Int {
    guard !ranges.isEmpty else { return 1000 }
    let parts = mediaType.lowercased().split(separator: "/", maxSplits: 1).map(String.init)
    guard parts.count == 2 else { return 0 }
    for (type, subtype) in [(parts[0], parts[1]), (parts[0], "*"), ("*", "*")] {
      let fitting = ranges.filter {
        $0.type == type && $0.subtype == subtype && !$0.hasParameters
      }
      if let weight = fitting.map(\.weight).max() { return weight }
    }
    return 0
  }
}

extension MediaPreferences.MediaRange {
  /// Reads a member; `nil` if it is malformed.
  fileprivate init?(_ element: ArraySlice<UInt8>) {
    guard let value = HeaderParameters(element) else { return nil }
    let parts = value.kind.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy(\.isToken), parts[0] != "*" || parts[1] == "*",
      let weight = Self.weight(value.parameters["q"] ?? "1")
    else { return nil }
    self.init(
      type: String(parts[0]), subtype: String(parts[1]),
      hasParameters: value.parameters.keys.contains { $0 != "q" }, weight: weight)
  }

  /// The weight in thousandths, of up to three decimals.
  ///
  /// Source: RFC 9110 §12.4.2, `qvalue`.
  private static func weight(_ text: String) -> Int? {
    let digits = Array(text.utf8)
    guard (1...5).contains(digits.count), digits.count == 1 || digits[1] == UInt8(ascii: "."),
      digits[0].isDigit, digits.dropFirst(2).allSatisfy(\.isDigit)
    else { return nil }
    let places = digits[..<1] + digits.dropFirst(2) + Array("000".utf8)
    let weight = Int(String(decoding: places.prefix(4), as: UTF8.self))
    return weight.flatMap { $0 <= 1000 ? $0 : nil }
  }
}

extension String {
  /// The members of a list; commas in quoted strings do not separate.
  ///
  /// Source: RFC 9110 §5.6.1, §5.6.4.
  var listElements: [ArraySlice<UInt8>] {
    var elements: [ArraySlice<UInt8>] = []
    let bytes = Array(utf8)
    var start = 0
    var (isQuoted, isEscaped) = (false, false)
    for (index, byte) in bytes.enumerated() {
      if byte == ASCII.comma, !isQuoted {
        elements.append(bytes[start..<index])
        start = index + 1
      }
      if byte == ASCII.quote, !isEscaped { isQuoted.toggle() }
      isEscaped = isQuoted && byte == ASCII.backslash && !isEscaped
    }
    return elements + [bytes[start...]]
  }
}
