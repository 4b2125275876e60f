package import HTTP1
import HTTPTypes

/// The client that sends a request.
package enum Client: Sendable, Hashable {
  case anonymous
  case known(TokenList.Entry)
  /// Named by the subject of a certificate that TLS has verified.
  case certified(String)

  /// The operator's name for the token that the client sent, or the certificate's subject; the two
  /// are never alike.
  package var name: String? {
    switch self {
    case .anonymous: nil
    case .known(let entry): entry.name
    case .certified(let name): name
    }
  }

  /// The client's quota and the name that it counts under; `nil` for anonymous clients.
  func quota(within common: UsageTracker.Quota) -> (name: String, limits: UsageTracker.Quota)? {
    switch self {
    case .anonymous: nil
    case .known(let entry): (entry.name, common.own(entry))
    case .certified(let name): (name, common)
    }
  }
}

/// The operator's rules for clients, which may be replaced while the server runs.
package struct AccessPolicy: Sendable {
  /// Origins whose pages may read answers.
  package var crossOrigin: CrossOrigin
  /// Tokens accepted; `nil` disables authentication.
  package var tokens: TokenList?
  /// The quota of clients without limits of their own.
  package var quota: UsageTracker.Quota
  /// Open event streams and long waits of one client.
  package var streams: Int
  /// Whether `/metrics` is served without a token.
  package var opensMetrics: Bool

  package init(
    crossOrigin: CrossOrigin = .closed, tokens: TokenList? = nil,
    quota: UsageTracker.Quota = UsageTracker.Quota(), streams: Int = 16,
    opensMetrics: Bool = true
  ) {
    self.crossOrigin = crossOrigin
    self.tokens = tokens
    self.quota = quota
    self.streams = streams
    self.opensMetrics = opensMetrics
  }
}

extension AccessPolicy {
  /// The client that sent a head; throws a 401 where a token is required and none is valid.
  ///
  /// Unauthenticated clients learn nothing about paths. OPTIONS needs no token: browsers send it
  /// before a request may carry one. Source: RFC 6750 §2.1, §3.
  func client(of head: RequestHead, _ access: Route.Access) throws(Problem) -> Client {
    guard let tokens else { return head.certificate.map { .certified($0) } ?? .anonymous }
    guard head.method != .options, !isOpen(access) else { return .anonymous }
    guard let field = head.fields[.authorization] else {
      throw Problem(unauthorised: "A token is needed here: Authorization: Bearer …")
    }
    guard let token = AccessPolicy.bearer(field), let entry = tokens.entry(of: token) else {
      throw Problem(unauthorised: "The token is not valid here", error: "invalid_token")
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

  /// The token of `Authorization` credentials of the scheme Bearer.
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
  /// A 401 with its challenge.
  ///
  /// Source: RFC 6750 §3.
  fileprivate init(unauthorised detail: String, error: String? = nil) {
    self.init(401, "unauthorised", "Authentication required", detail)
    authenticate = "Bearer realm=\"eyepiece\"" + (error.map { ", error=\"\($0)\"" } ?? "")
  }
}
