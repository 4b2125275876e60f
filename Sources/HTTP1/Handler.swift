/// The program behind a server.
package protocol Handler: Sendable {
  /// Decides from the head alone, before any byte of the body is read.
  ///
  /// It must return at once: all connections wait meanwhile.
  func admit(_ head: RequestHead) -> Admission

  /// The answer to bytes that are not a valid request.
  func refusal(of violation: ProtocolViolation) -> Response
}

/// A handler's decision on a request's head.
package enum Admission: Sendable {
  /// Read the body, then let the exchange answer.
  case accept(any Exchange)
  /// Send this answer, then close.
  case refuse(Response)
}

/// A request whose head was accepted, with what is known about it.
package protocol Exchange: Sendable {
  /// The maximum bytes of the body.
  var bodyLimit: Int { get }

  /// Answers the complete request; called once, when the body has arrived.
  ///
  /// It must return at once: all connections wait meanwhile.
  func reply(to body: [UInt8]) -> Reply
}

/// How a complete request is answered.
package enum Reply: Sendable {
  /// At once, without work.
  case now(Response)
  /// By a task, which is cancelled when the client disconnects.
  case work(@Sendable () async -> Response)
}
