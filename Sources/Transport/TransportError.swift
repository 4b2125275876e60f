/// What the operating system or OpenSSL refused.
package enum TransportError: Error, Hashable, Sendable {
  /// The call that failed.
  package enum Call: String, Sendable {
    case socket, option, bind, listen, accept, connect, receive, send, shutdown, poll
  }

  /// What TLS failed at.
  package enum TLS: Hashable, Sendable {
    /// OpenSSL would not be set up.
    case context
    /// Files that cannot be read, or do not fit together.
    case certificate(String)
    case key(String)
    case authorities(String)
    /// The other side broke the protocol, or is not trusted.
    case session(reason: String)
  }

  case failed(Call, errno: Int32)
  case tls(TLS)
  /// A host name or address that means nothing here. Source: `getaddrinfo`.
  case unresolvable(host: String, code: Int32)
}
