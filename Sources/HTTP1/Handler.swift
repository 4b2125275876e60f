/// What a server asks of the program behind it.
package protocol Handler: Sendable {
  /// Decides from the head alone, before any byte of the body is asked for.
  ///
  /// It returns at once: all connections wait meanwhile.
  func admit(_ head: RequestHead) -> Admission

  /// The answer to bytes that are no request.
  func refusal(of violation: ProtocolViolation) -> Response
}

/// A handler's verdict on a request's head.
package enum Admission: Sendable {
  /// Read the body, then have the exchange answer.
  case accept(any Exchange)
  /// Answer this, then close.
  case refuse(Response)
}

/// A request whose head was accepted: what was found out about it is carried on to its answer.
package protocol Exchange: Sendable {
  /// Bytes that the body may have.
  var bodyLimit: Int { get }

  /// Answers the whole request; called once, when the body has come.
  ///
  /// It returns at once: all connections wait meanwhile.
  func reply(to body: [UInt8]) -> Reply
}

/// How a whole request is answered.
package enum Reply: Sendable {
  /// It needs no work.
  case now(Response)
  /// By a task, which is cancelled when the client goes away.
  case work(@Sendable () async -> Response)
}
