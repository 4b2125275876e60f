package import HTTPTypes

/// What a client would like of an answer and can do without.
///
/// Source: RFC 7240.
package struct Preferences: Sendable, Hashable {
  /// Whether it would rather be told at once where to ask than wait.
  ///
  /// Source: RFC 7240 §4.1.
  package let respondsAsynchronously: Bool
  /// The seconds that it would wait for an answer; `nil` where it does not say.
  ///
  /// Source: RFC 7240 §4.3.
  package let wait: Int?

  /// Reads the fields `Prefer`; what is malformed or unknown there is passed over, as §2 demands.
  package init(_ fields: HTTPFields) {
    let elements = fields[values: .prefer].flatMap(\.listElements)
    let named = elements.compactMap(HeaderParameters.init)
    respondsAsynchronously = named.contains { $0.kind == Preferences.respondAsync }
    // Of several the first counts, as §2 demands.
    wait = elements.compactMap(Preferences.wait).first
  }

  package static let respondAsync = "respond-async"

  private static func wait(_ element: ArraySlice<UInt8>) -> Int? {
    let text = String(decoding: element, as: UTF8.self)
    let parts = text.split(separator: ";", omittingEmptySubsequences: false)[0]
      .split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      .map(\.trimmingBlanks)
    guard parts.count == 2, parts[0].lowercased() == "wait",
      (1...10).contains(parts[1].utf8.count), parts[1].allSatisfy(\.isASCII),
      parts[1].allSatisfy(\.isNumber)
    else { return nil }
    return Int(parts[1])
  }
}

extension HTTPField.Name {
  /// Source: RFC 7240 §2 and §3.
  package static let prefer = preference("Prefer")
  package static let preferenceApplied = preference("Preference-Applied")

  private static func preference(_ name: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(name) else { preconditionFailure("a field named \(name)") }
    return name
  }
}
