package import HTTPTypes

/// What a client would like of an answer and can do without.
///
/// Source: RFC 7240.
package struct Preferences: Sendable, Hashable {
  /// Whether it would rather be told at once where to ask than wait.
  ///
  /// Source: RFC 7240 §4.1.
  package let respondsAsynchronously: Bool

  /// Reads the fields `Prefer`; what is malformed or unknown there is passed over, as §2 demands.
  package init(_ fields: HTTPFields) {
    let named = fields[values: .prefer].flatMap(\.listElements).compactMap(HeaderParameters.init)
    respondsAsynchronously = named.contains { $0.kind == Preferences.respondAsync }
  }

  package static let respondAsync = "respond-async"
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
