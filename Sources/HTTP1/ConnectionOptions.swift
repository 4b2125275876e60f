import HTTPTypes

/// The options of `Connection`: whether to keep it, and fields meant for this hop alone.
///
/// Source: RFC 9110 §7.6.1.
struct ConnectionOptions: Sendable {
  private let options: Set<String>

  /// Reads the fields; empty list elements are ignored, as RFC 9110 §5.6.1.2 demands.
  init(_ fields: HTTPFields) throws(ProtocolViolation) {
    var options: Set<String> = []
    for value in fields[values: .connection] {
      for element in value.split(separator: ",") {
        let option = element.trimmingBlanks
        guard !option.isEmpty else { continue }
        guard option.isToken else { throw .malformedField }
        options.insert(option.lowercased())
      }
    }
    self.options = options
  }

  /// Whether the connection persists.
  ///
  /// Source: RFC 9112 §9.3.
  func keepsAlive(version: HTTPVersion) -> Bool {
    if options.contains("close") { return false }
    return version == .http11 || options.contains("keep-alive")
  }

  func removingHopByHopFields(from fields: HTTPFields) -> HTTPFields {
    guard !options.isEmpty else { return fields }
    var kept = fields
    kept.removeAll {
      $0.name == .connection || options.contains($0.name.canonicalName)
    }
    return kept
  }
}
