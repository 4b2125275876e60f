package import HTTP1

/// What a connection does next.
///
/// It owns no socket and reads no clock: inputs carry the instant, and the actions returned are
/// performed in order.
///
///     idle → head → body → answering → sending → idle
///                                         ↓
///                                     lingering → closed
package struct ConnectionState: Sendable {
  package typealias Instant = ContinuousClock.Instant

  package enum Action: Equatable, Sendable {
    /// Ask the handler, then call `accepted` or `refused`.
    case admit(RequestHead)
    /// Tell the parser how long the body may be.
    case limitBody(to: Int)
    case sendContinue
    /// Keep a piece of the body.
    case store([UInt8])
    /// Hand the whole request to the handler.
    case respond
    /// Answer with the handler's refusal; it is the last answer.
    case refuse(ProtocolViolation)
    /// The client has gone: cancel the handler's task.
    case cancel
    /// End the sending side and throw away what still comes.
    case linger
    case close
  }

  enum Phase: Equatable, Sendable {
    case idle(since: Instant)
    case head(since: Instant)
    /// Waiting for the handler's verdict, which comes at once.
    case admitting
    case body(Reception)
    /// The handler is at work, or its stream is.
    case answering
    /// The answer is complete and on its way out.
    case sending
    case lingering(since: Instant, lastBytes: Instant, discarded: Int)
    case closed
  }

  /// A body on its way in.
  struct Reception: Equatable, Sendable {
    let since: Instant
    var lastBytes: Instant
    var received = 0
  }

  let limits: Limits
  var phase: Phase
  /// Whether a request has been answered here before.
  var isReused = false
  /// Whether this answer is the last.
  package private(set) var isLast = false
  private(set) var peerHasEnded = false
  /// How the client takes the bytes that wait for it.
  var reading: ReadingPace
  /// Why it has closed.
  package private(set) var ending: ConnectionEnd?

  package init(limits: Limits, at now: Instant) {
    self.limits = limits
    phase = .idle(since: now)
    reading = ReadingPace(limits)
  }

  /// Whether the parser's next event is wanted.
  package var wantsEvents: Bool {
    switch phase {
    case .idle, .head, .body: true
    case .admitting, .answering, .sending, .lingering, .closed: false
    }
  }

  /// Whether bytes are to be read, `buffered` of them waiting in the parser already.
  package func wantsBytes(buffered: Int) -> Bool {
    guard !peerHasEnded else { return false }
    return switch phase {
    case .idle, .head, .admitting, .body, .lingering: true
    case .answering, .sending: buffered < limits.readAhead
    case .closed: false
    }
  }

  /// Whether what is read is thrown away.
  package var isLingering: Bool {
    if case .lingering = phase { true } else { false }
  }

  package var isClosed: Bool { phase == .closed }

  package var isAnswering: Bool { phase == .answering }
}

// MARK: Receiving

extension ConnectionState {
  /// Bytes came and were given to the parser, or thrown away while lingering.
  package mutating func bytesArrived(_ count: Int, at now: Instant) -> [Action] {
    switch phase {
    case .idle:
      phase = .head(since: now)
    case .body(var reception):
      reception.lastBytes = now
      phase = .body(reception)
    case .lingering(let since, _, let discarded):
      let total = discarded + count
      phase = .lingering(since: since, lastBytes: now, discarded: total)
      if total > limits.lingerBytes { return close(.lingered) }
    case .head, .admitting, .answering, .sending, .closed:
      break
    }
    return []
  }

  /// The parser found something.
  package mutating func take(_ event: RequestParser.Event, at now: Instant) -> [Action] {
    switch (event, phase) {
    case (.head(let head), .idle), (.head(let head), .head):
      phase = .admitting
      return [.admit(head)]
    case (.body(let bytes), .body(var reception)):
      reception.received += bytes.count
      phase = .body(reception)
      return [.store(bytes)]
    case (.end, .body):
      phase = .answering
      return peerHasEnded && limits.endCancels ? [.respond, .cancel] : [.respond]
    default:
      preconditionFailure("\(event) cannot follow in \(phase)")
    }
  }

  /// The handler takes the request; `hasMore` says whether bytes behind the head have come already.
  package mutating func accepted(
    _ head: RequestHead, bodyLimit: Int, hasMore: Bool, at now: Instant
  ) -> [Action] {
    guard phase == .admitting else { return [] }
    if case .fixed(let length) = head.framing, length > bodyLimit {
      return violated(.bodyTooLarge(limit: bodyLimit))
    }
    isLast = !head.keepsAlive || isLast
    phase = .body(Reception(since: now, lastBytes: now))
    let waits = head.expectsContinue && head.framing != .none && !hasMore
    return waits ? [.limitBody(to: bodyLimit), .sendContinue] : [.limitBody(to: bodyLimit)]
  }

  /// The handler answers a head by itself: that answer is the last.
  package mutating func refused() {
    isLast = true
    phase = .answering
  }

  /// The bytes are no request, or cannot be kept: the handler's refusal is the last answer.
  package mutating func violated(_ violation: ProtocolViolation) -> [Action] {
    refused()
    return [.refuse(violation)]
  }

  /// The parser needs more bytes; `isEmpty` says whether it holds none of a request.
  package mutating func ranDry(isEmpty: Bool, at now: Instant) -> [Action] {
    if peerHasEnded { return close(.finished) }
    if !isEmpty, case .idle = phase { phase = .head(since: now) }
    return []
  }

  /// The client will send no more; requests that came before are still answered.
  package mutating func peerEnded() -> [Action] {
    guard !peerHasEnded else { return [] }
    peerHasEnded = true
    switch phase {
    case .idle, .head, .admitting, .body, .sending, .closed: return []
    case .answering: return limits.endCancels ? [.cancel] : []
    case .lingering: return close(.finished)
    }
  }

  /// The client has ended its side, behind bytes that have not been read yet.
  package func peerSeemsEnded() -> [Action] {
    isAnswering && limits.endCancels ? [.cancel] : []
  }
}

// MARK: Answering

extension ConnectionState {
  /// The end of the answer is the end of the connection.
  package mutating func answerIsLast() { isLast = true }

  /// All bytes of the answer have been handed to the stream.
  package mutating func answerEnds() {
    if phase == .answering { phase = .sending }
  }

  /// Bytes wait because the client takes no more; `taken` are all that it took since it came.
  package mutating func outputWaits(taken: Int, at now: Instant) {
    reading.waits(taken: taken, at: now)
  }

  /// No byte waits any more.
  package mutating func outputDrained(
    taken: @autoclosure () -> Int, at now: Instant
  ) -> [Action] {
    reading.drains(taken: taken(), at: now)
    guard phase == .sending else { return [] }
    reading.begins()
    guard isLast else {
      isReused = true
      phase = .idle(since: now)
      return []
    }
    if peerHasEnded { return close(.finished) }
    phase = .lingering(since: now, lastBytes: now, discarded: 0)
    return [.linger]
  }
}

// MARK: Ending

extension ConnectionState {
  /// The server stops: a connection between requests closes now, others after the answer that is
  /// due.
  ///
  /// One that has not asked yet is given a moment: its first request may be on the way.
  package mutating func drain() -> [Action] {
    isLast = true
    guard case .idle = phase, isReused else { return [] }
    return close(.drained)
  }

  /// The stream failed, or the server's patience is over.
  package mutating func fails() -> [Action] { close(.failed) }

  mutating func close(_ ending: ConnectionEnd) -> [Action] {
    let wasAnswering = isAnswering
    guard !isClosed else { return [] }
    phase = .closed
    self.ending = ending
    return wasAnswering ? [.cancel, .close] : [.close]
  }
}
