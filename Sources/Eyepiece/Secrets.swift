/// What of a setting's value may be shown to everybody.
enum Secrets {
  static let hidden = "…"

  /// A secret as a whole.
  static func whole(_ text: String) -> String { text.isEmpty ? text : hidden }

  /// An address without the password in it: `scheme://user:password@host`, or among the query's
  /// `password=`.
  static func ofAddress(_ text: String) -> String {
    guard let scheme = text.firstRange(of: "://") else { return text }
    var shown = text
    let rest = text[scheme.upperBound...]
    let authority = rest[..<(rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex)]
    if let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") {
      shown.replaceSubrange(authority.index(after: colon)..<at, with: hidden)
    }
    guard let query = shown.firstIndex(of: "?") else { return shown }
    let parts = shown[shown.index(after: query)...].split(
      separator: "&", omittingEmptySubsequences: false)
    let others = parts.map { part in
      part.lowercased().hasPrefix("password=") ? "password=\(hidden)" : String(part)
    }
    return shown[...query] + others.joined(separator: "&")
  }
}
