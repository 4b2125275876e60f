package import HTTP1
import HTTPTypes

/// Who asks.
package enum Client: Sendable, Hashable {
  case anonymous
  case known(TokenList.Entry)

  /// The operator's name for a token's owner.
  package var name: String? {
    switch self {
    case .anonymous: nil
    case .known(let entry): entry.name
    }
  }
}

/// What the operator has decided about clients, and may decide anew while the server runs.
package struct AccessPolicy: Sendable {
  /// Whose pages may read answers.
  package var crossOrigin: CrossOrigin
  /// What opens the door; `nil` when it stands open.
  package var tokens: TokenList?
  /// What a token may have under way that has no limits of its own.
  package var quota: UsageTracker.Quota
  /// Whether `/metrics` is read without a token.
  package var opensMetrics: Bool

  package init(
    crossOrigin: CrossOrigin = .closed, tokens: TokenList? = nil,
    quota: UsageTracker.Quota = UsageTracker.Quota(work: 16, bytes: 1 << 30),
    opensMetrics: Bool = true
  ) {
    self.crossOrigin = crossOrigin
    self.tokens = tokens
    self.quota = quota
    self.opensMetrics = opensMetrics
  }
}

extension AccessPolicy {
  /// Whom a head is from; throws when it has to show a token and shows none that opens.
  ///
  /// What is at a path is told to nobody else. A browser asks OPTIONS before a page may show a
  /// token. Source: RFC 6750 §2.1, §3.
  func client(of head: RequestHead, _ access: Route.Access) throws(Problem) -> Client {
    guard let tokens, head.method != .options, !isOpen(access) else { return .anonymous }
    guard let field = head.fields[.authorization] else {
      throw Problem(unauthorised: "A token is needed here: Authorization: Bearer …")
    }
    guard let token = AccessPolicy.bearer(field), let entry = tokens.entry(of: token) else {
      throw Problem(unauthorised: "The token is none that opens", error: "invalid_token")
    }
    return .known(entry)
  }

  private func isOpen(_ access: Route.Access) -> Bool {
    switch access {
    case .open: true
    case .metrics: opensMetrics
    case .client, .charged: false
    }
  }

  /// The token of credentials in the only scheme here.
  ///
  /// Source: RFC 9110 §11.4.
  private static func bearer(_ field: String) -> Substring? {
    guard let end = field.firstIndex(of: " "), field[..<end].lowercased() == "bearer" else {
      return nil
    }
    return field[end...].drop { $0 == " " }
  }
}

extension Problem {
  /// Source: RFC 6750 §3.
  fileprivate init(unauthorised detail: String, error: String? = nil) {
    self.init(401, "unauthorised", "Authentication required", detail)
    authenticate = "Bearer realm=\"eyepiece\"" + (error.map { ", error=\"\($0)\"" } ?? "")
  }
}
