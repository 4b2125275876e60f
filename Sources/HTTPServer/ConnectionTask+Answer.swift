import Foundation
import HTTP1
import HTTPTypes
import Transport

extension ConnectionTask {
  /// Asks the handler and sends what it answers.
  ///
  /// Its task is cancelled when the client goes away.
  nonisolated func answer(_ exchange: Int) async {
    if let response = await response(), await start(response), let produce = response.body.produce {
      do {
        try await produce(ResponseStream(connection: self, exchange: exchange))
        try await endStream()
      } catch {
        await cut()
      }
    }
    await end(exchange)
  }

  /// The handler's answer; the request's body is released before it is sent.
  private nonisolated func response() async -> Response? {
    switch await takeReply() {
    case .work(let respond): await respond()
    case .now(let response): response
    case nil: nil
    }
  }

  /// Sends an answer's head, and its body when that is at hand.
  ///
  /// Returns whether a stream must follow.
  func start(_ response: Response) -> Bool {
    // A slow reader of the answer does not keep the request's memory.
    body.empty()
    guard !state.isClosed else { return false }
    let writer = ResponseWriter(answering: head, keepsAlive: !state.isLast)
    let now = HTTPDate(secondsSince1970: Int(Date().timeIntervalSince1970))
    let bytes = writer.head(of: response, at: now)
    framing = writer.framing(of: response)
    if !writer.keepsAlive(after: response) { state.answerIsLast() }
    guard framing != .none else {
      send(bytes)
      return false
    }
    switch response.body {
    case .bytes(let body):
      // One packet for a small answer, no copy of a large one.
      let isSmall = body.count <= 16 * 1024
      send(isSmall ? bytes + body : bytes)
      if !isSmall { send(body) }
      return false
    case .stream, .unsized:
      send(bytes)
      return true
    }
  }

  /// Sends a piece of a stream, and waits while too much of it is on its way.
  func write(_ bytes: [UInt8], exchange: Int) async throws {
    guard exchange == begun, ended < exchange, !state.isClosed else { throw CancellationError() }
    if case .length(let owed) = framing {
      guard bytes.count <= owed else { throw ResponseStreamError.tooLong(limit: owed) }
      framing = .length(owed - bytes.count)
    }
    send(framing.piece(bytes))
    // A large piece stays in memory as a whole until its last byte is sent.
    let most = bytes.count > limits.sendBuffer ? 0 : limits.sendBuffer
    while stream.pending > most {
      await withCheckedContinuation { waiter in
        if stream.pending > most {
          roomWaiters.append(waiter)
        } else {
          waiter.resume()
        }
      }
    }
    if state.isClosed { throw CancellationError() }
  }

  /// Tells the client that a stream is whole; one that ended too early has broken its word.
  private func endStream() throws {
    if case .length(let owed) = framing, owed > 0 {
      throw ResponseStreamError.tooShort(missing: owed)
    }
    let end = framing.end
    if !end.isEmpty, !state.isClosed { send(end) }
  }

  func send(_ bytes: [UInt8]) {
    do throws(TransportError) {
      try stream.send(bytes)
      noteOutput()
    } catch {
      perform(state.fails())
    }
  }

  /// The kernel takes bytes again.
  func writable() {
    do throws(TransportError) {
      try stream.flush()
    } catch {
      return perform(state.fails())
    }
    if stream.pending <= limits.sendBuffer / 2 { makeRoom() }
    noteOutput()
  }

  /// Lets those go on who wait to write.
  func makeRoom() {
    let waiters = roomWaiters
    roomWaiters = []
    for waiter in waiters { waiter.resume() }
  }

  /// Tells the state what became of the bytes on their way.
  func noteOutput() {
    if stream.pending > 0 {
      state.outputWaits(taken: stream.acknowledged, at: clock.now)
    } else {
      perform(state.outputDrained(taken: stream.acknowledged, at: clock.now))
      advance()
    }
    updateReading()
  }
}

extension Response.Body {
  /// What makes the bytes while they are sent; `nil` for those at hand.
  fileprivate var produce: (@Sendable (any BodyWriter) async throws -> Void)? {
    switch self {
    case .bytes: nil
    case .stream(_, let produce), .unsized(let produce): produce
    }
  }
}
