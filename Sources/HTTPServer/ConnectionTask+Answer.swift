import Foundation
import HTTP1
import HTTPTypes
import Transport

extension ConnectionTask {
  /// Asks the handler and sends what it answers.
  ///
  /// Its task is cancelled when the client goes away.
  nonisolated func answer(_ exchange: Int) async {
    if let response = await response(), await start(response),
      case .stream(_, let produce) = response.body
    {
      do {
        try await produce(ResponseStream(connection: self, exchange: exchange))
        try await checkStream()
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
    guard writer.sendsBody(of: response) else {
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
    case .stream(let length, _):
      owed = max(0, length)
      send(bytes)
      return true
    }
  }

  /// Sends a piece of a stream, and waits while too much of it is on its way.
  func write(_ bytes: [UInt8], exchange: Int) async throws {
    guard exchange == begun, ended < exchange, !state.isClosed else { throw CancellationError() }
    guard bytes.count <= owed else { throw ResponseStreamError.tooLong(limit: owed) }
    owed -= bytes.count
    send(bytes)
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

  /// A stream that ended too early has broken its word.
  private func checkStream() throws {
    guard owed == 0 else { throw ResponseStreamError.tooShort(missing: owed) }
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
