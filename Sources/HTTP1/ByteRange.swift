/// A requested part of a representation.
///
/// Source: RFC 9110 §14.1.2.
package enum ByteRange: Sendable, Hashable {
  /// All bytes from an offset on.
  case from(Int)
  case between(ClosedRange<Int>)
  /// The last bytes, by their number.
  case last(Int)

  /// Reads `Range`.
  ///
  /// `nil` when it is to be ignored: another unit, several ranges, or malformed. Numbers too large
  /// for any file become the largest there is.
  package init?(_ field: String) {
    let parts = field.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].equalsIgnoringCase("bytes") else { return nil }
    let ranges = parts[1].split(separator: ",").map(\.trimmingBlanks).filter { !$0.isEmpty }
    guard ranges.count == 1 else { return nil }
    let ends = ranges[0].split(separator: "-", omittingEmptySubsequences: false)
    guard ends.count == 2 else { return nil }
    switch (ByteRange.position(ends[0]), ByteRange.position(ends[1])) {
    case (let first?, let last?):
      guard first <= last else { return nil }
      self = .between(first...last)
    case (let first?, nil):
      guard ends[1].isEmpty else { return nil }
      self = .from(first)
    case (nil, let count?):
      guard ends[0].isEmpty else { return nil }
      self = .last(count)
    case (nil, nil):
      return nil
    }
  }

  /// The range within a number of bytes; `nil` when it is empty.
  ///
  /// Source: RFC 9110 §14.1.2, §15.5.17.
  package func bytes(of length: Int) -> Range<Int>? {
    switch self {
    case .from(let first): first < length ? first..<length : nil
    case .between(let range):
      range.lowerBound < length
        ? range.lowerBound..<min(range.upperBound, length - 1) + 1 : nil
    case .last(let count): count > 0 && length > 0 ? max(0, length - count)..<length : nil
    }
  }

  private static func position(_ digits: Substring) -> Int? {
    guard !digits.isEmpty, digits.utf8.allSatisfy(\.isDigit) else { return nil }
    return Int(digits) ?? .max
  }
}
