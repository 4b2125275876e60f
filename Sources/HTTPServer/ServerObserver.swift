package import Transport

/// Is told when a server's connections open and close, for metrics.
///
/// It is called on a connection's event loop, in the order of that connection's events, and
/// returns at once.
package protocol ServerObserver: Sendable {
  func note(_ event: ConnectionEvent)
}

/// What happens on a connection.
package enum ConnectionEvent: Sendable, Equatable {
  /// Who came, if that could be found out.
  case opened(from: SocketAddress?)
  case closed(ConnectionEnd)
}

/// Why a connection has closed.
package enum ConnectionEnd: String, Sendable, CaseIterable {
  /// Its last answer has been read, or the client ended its side.
  case finished
  /// No request came in time.
  case idle
  /// The client took no bytes for too long.
  case stalled
  /// The client took too few bytes a second.
  case slow
  /// The client sent on for too long after its last answer.
  case lingered
  /// The server stops.
  case drained
  /// The stream failed, or was cut.
  case failed
}

/// Notes nothing.
package struct NoObserver: ServerObserver {
  package init() {}

  package func note(_ event: ConnectionEvent) {}
}
