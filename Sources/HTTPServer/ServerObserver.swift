package import HTTP1
package import Transport

/// Is told what happens on a server's connections, for logs and metrics.
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
  /// A request's head has been read, and the handler will be asked.
  case requestBegan(RequestHead)
  /// An answer's last byte was handed to the stream, or the connection closed before.
  case requestEnded(RequestSummary)
  /// Bytes were answered without asking the handler, because they break a rule or pass a limit.
  case refused(ProtocolViolation)
  /// A client went away while its request was being answered.
  case cancelled
}

/// One request, when it is over.
package struct RequestSummary: Sendable, Equatable {
  package let head: RequestHead
  /// `nil` when no answer was begun.
  package let status: Int?
  /// Bytes of the answer, its head included.
  package let bytes: Int
  /// From the end of the head to the end of the answer.
  package let duration: Duration
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
