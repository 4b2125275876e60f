/// What the operating system refused, with its error number.
package enum TransportError: Error, Hashable, Sendable {
  /// The call that failed.
  package enum Call: String, Sendable {
    case socket, option, bind, listen, accept, connect, receive, send, shutdown, poll
  }

  case failed(Call, errno: Int32)
  /// A host name or address that means nothing here. Source: `getaddrinfo`.
  case unresolvable(host: String, code: Int32)
}
