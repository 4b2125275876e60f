import HTTPTypes

/// What must be true of a representation before a request's method is performed.
///
/// Representations here have tags and no dates, so that conditions on dates are passed over, as
/// RFC 9110 §13.1.3–4 demands. Source: RFC 9110 §13.
package struct Conditions: Sendable, Hashable {
  package enum Verdict: Sendable, Hashable {
    case perform
    /// The client of a GET or HEAD has these bytes.
    case notModified
    case failed
  }

  private let method: HTTPRequest.Method
  private let match: EntityTags?
  private let noneMatch: EntityTags?

  package init(_ head: RequestHead) {
    method = head.method
    match = head.fields[.ifMatch].map(EntityTags.init)
    noneMatch = head.fields[.ifNoneMatch].map(EntityTags.init)
  }

  /// Whether every representation meets them.
  package var isEmpty: Bool { match == nil && noneMatch == nil }

  /// Judges the representation that a request selects, by its tag if it has one.
  ///
  /// Source: RFC 9110 §13.2.2, in its order.
  package func verdict(on tag: EntityTag?) -> Verdict {
    if let match, !match.hold(tag, by: { $0.isStrongly($1) }) { return .failed }
    guard let noneMatch, noneMatch.hold(tag, by: { $0.isWeakly($1) }) else { return .perform }
    return method == .get || method == .head ? .notModified : .failed
  }
}
