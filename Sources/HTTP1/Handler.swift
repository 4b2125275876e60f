/// What a server asks of the program behind it.
package protocol Handler: Sendable {
  /// Decides from the head alone, before any byte of the body is asked for. It returns at once.
  func admit(_ head: RequestHead) -> Admission

  /// Answers a whole request that needs no work, or returns `nil` and is asked to `respond`.
  ///
  /// It returns at once: all connections wait meanwhile.
  func answerAtOnce(_ request: Request) -> Response?

  /// Answers a whole request. Its task is cancelled when the client goes away.
  func respond(to request: Request) async -> Response

  /// The answer to bytes that are no request.
  func refusal(of violation: ProtocolViolation) -> Response
}

extension Handler {
  package func answerAtOnce(_ request: Request) -> Response? { nil }
}

/// A handler's verdict on a request's head.
package enum Admission: Sendable {
  /// Read the body, up to so many bytes, then call `respond`.
  case accept(bodyLimit: Int)
  /// Answer this, then close.
  case refuse(Response)
}
