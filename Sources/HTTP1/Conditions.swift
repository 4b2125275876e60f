import HTTPTypes

/// The preconditions of a request.
///
/// Representations here have tags and no dates, so that conditions on dates are ignored, as RFC
/// 9110 §13.1.3–4 demands. Source: RFC 9110 §13.
package struct Conditions: Sendable, Hashable {
  package enum Verdict: Sendable, Hashable {
    case perform
    /// The client of a GET or HEAD has these bytes already.
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

  /// Whether there are no conditions.
  package var isEmpty: Bool { match == nil && noneMatch == nil }

  /// Evaluates the conditions for the tag of the selected representation.
  ///
  /// Source: RFC 9110 §13.2.2, in its order.
  package func verdict(on tag: EntityTag?) -> Verdict {
    if let match, !match.hold(tag, by: { $0.isStrongly($1) }) { return .failed }
    guard let noneMatch, noneMatch.hold(tag, by: { $0.isWeakly($1) }) else { return .perform }
    return method == .get || method == .head ? .notModified : .failed
  }
}
