/// An error of the operating system or of OpenSSL.
package enum TransportError: Error, Hashable, Sendable {
  /// The call that failed.
  package enum Call: String, Sendable {
    case socket, option, bind, listen, accept, receive, send, shutdown, poll
  }

  /// The part of TLS that failed.
  package enum TLS: Hashable, Sendable {
    /// OpenSSL could not be set up.
    case context
    /// Files that cannot be read, or do not match.
    case certificate(String)
    case key(String)
    case authorities(String)
    /// The other side violated the protocol, or is not trusted.
    case session(reason: String)
  }

  case failed(Call, errno: Int32)
  case tls(TLS)
  /// A host name or address that cannot be resolved. Source: `getaddrinfo`.
  case unresolvable(host: String, code: Int32)
}
