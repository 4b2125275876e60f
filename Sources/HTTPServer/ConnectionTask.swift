import HTTP1
import Transport

/// Performs what a `ConnectionState` decides for one client.
///
/// It protects the client's stream, parser and body, on one event loop; the handler works in a
/// child task elsewhere.
actor ConnectionTask {
  /// Bytes read at a time.
  private static let portion = 64 * 1024

  nonisolated let network: EventLoop
  nonisolated var unownedExecutor: UnownedSerialExecutor {
    // SAFETY: the connection keeps the loop.
    unsafe network.asUnownedSerialExecutor()
  }

  nonisolated let remote: SocketAddress?
  let handler: any Handler
  let limits: Limits
  let observer: any ServerObserver
  let timers: ConnectionTimers
  let clock: ServerClock
  let stream: any ByteStream
  var state: ConnectionState
  private let refusal: ProtocolViolation?
  private let protocolLimits: ProtocolLimits
  private var parser: RequestParser
  var body: BodyBuffer
  private var bodyLimit = 0

  /// The head that is being answered.
  var head: RequestHead?
  /// What its handler found out about it, until the request is whole.
  private var exchange: (any Exchange)?
  /// How the body of the present answer is sent, and of a promised length the bytes still owed.
  var framing = ResponseFraming.none
  /// The number of the last exchange begun, ended, and given up by the client.
  var begun = 0
  var ended = 0
  var abandoned = 0
  /// Answers that may still be given before others are looked after.
  private var patience = 0
  private var isAdvancing = false
  /// How the answer that has begun is given, until it is taken.
  private var due: Reply?
  private var dueWaiter: CheckedContinuation<Int?, Never>?
  private var outcomeWaiter: CheckedContinuation<Void, Never>?
  var roomWaiters: [CheckedContinuation<Void, Never>] = []

  /// With a `refusal` the client is told so, and nothing else.
  init(
    _ socket: Socket, from remote: SocketAddress?, _ tls: TLSContext?, on network: EventLoop,
    in context: ConnectionContext, refusal: ProtocolViolation? = nil
  ) throws(TransportError) {
    self.network = network
    handler = context.handler
    limits = context.limits
    protocolLimits = context.protocolLimits
    observer = context.observer
    timers = context.timers
    clock = context.clock
    self.refusal = refusal
    self.remote = remote
    let plain = Connection(socket, on: network)
    if let tls {
      stream = try TLSStream(plain, tls, on: network)
    } else {
      stream = plain
    }
    state = ConnectionState(limits: limits, at: clock.now)
    parser = RequestParser(limits: protocolLimits)
    body = BodyBuffer(in: context.memory)
  }

  /// Has it do something soon, before what it is asked later.
  nonisolated func perform(_ body: @escaping @Sendable (isolated ConnectionTask) -> Void) {
    network.perform { self.assumeIsolated(body) }
  }

  /// Begins to listen to the client.
  func start() {
    observer.note(.opened(from: remote))
    if let refusal { perform(state.violated(refusal)) }
    guard !state.isClosed else { return }
    stream.start { [weak self] readiness in
      self?.assumeIsolated { $0.isReady(readiness) }
    }
    updateReading()
  }

  /// Serves the client until one side closes.
  func serve() async {
    while let number = await nextAnswer() {
      await withTaskGroup(of: Void.self) { group in
        group.addTask { @concurrent in await self.answer(number) }
        await outcome(of: number)
        if abandoned >= number { group.cancelAll() }
      }
    }
  }

  /// Looks at what has waited too long, and for a client that left while nothing was read from it.
  func wake() {
    let now = clock.now
    if stream.pending > 0 { state.outputWaits(taken: stream.acknowledged, at: now) }
    if !stream.isReading, !state.isClosed { lookForPeer() }
    perform(state.timerFired(at: now))
    updateReading()
  }

  /// Lets the present answer be the last; a quiet connection closes now.
  func drain() {
    // A request may have come that this loop has not been told of.
    readable()
    perform(state.drain())
    updateReading()
  }

  /// Closes at once.
  func cut() {
    perform(state.fails())
  }
}

// MARK: Receiving

extension ConnectionTask {
  private func isReady(_ readiness: Readiness) {
    switch readiness {
    case .readable: readable()
    case .writable: writable()
    }
  }

  /// Reads what has come, at most a few pieces of it, so that no client keeps others waiting.
  private func readable() {
    var pieces = 4
    patience = 16
    while pieces > 0, state.wantsBytes(buffered: parser.buffered) {
      pieces -= 1
      do throws(TransportError) {
        switch try stream.receive(atMost: Self.portion) {
        case .bytes(let bytes):
          arrived(bytes)
          if bytes.count < Self.portion, !stream.keepsBytes { pieces = 0 }
        case .nothing: pieces = 0
        case .end:
          perform(state.peerEnded())
          advance()
        }
      } catch {
        perform(state.fails())
      }
    }
    updateReading()
  }

  private func arrived(_ bytes: [UInt8]) {
    if !state.isLingering { parser.receive(bytes) }
    perform(state.bytesArrived(bytes.count, at: clock.now))
    advance()
  }

  /// Takes what the parser has, until an answer is due.
  ///
  /// An answer that is given at once comes back here, and the loop is the one that goes on.
  func advance() {
    guard !isAdvancing else { return }
    isAdvancing = true
    defer { isAdvancing = false }
    while state.wantsEvents {
      do throws(ProtocolViolation) {
        guard let event = try parser.next() else {
          perform(state.ranDry(isEmpty: parser.isIdle, at: clock.now))
          return
        }
        perform(state.take(event, at: clock.now))
      } catch {
        perform(state.violated(error))
      }
    }
  }

  /// The socket is asked, since bytes that are left unread hide the end behind them.
  private func lookForPeer() {
    switch stream.peer {
    case .present: break
    case .ended: perform(state.peerSeemsEnded())
    case .gone: perform(state.fails())
    }
  }

  /// Reads on as far as there is room, and asks to be woken in time.
  ///
  /// While answers are given at once nothing is asked: their caller does so at their end.
  func updateReading() {
    guard !isAdvancing else { return }
    stream.isReading = state.wantsBytes(buffered: parser.buffered)
    timers.set(ObjectIdentifier(self), for: nextLook)
  }

  /// When there is something to look at that no event announces.
  ///
  /// Bytes taken by the client, and its leaving behind bytes that are not read, are looked for.
  private var nextLook: ServerClock.Instant? {
    guard !state.isClosed else { return nil }
    let mustLook = stream.pending > 0 || !stream.isReading
    return mustLook ? clock.now : state.deadline
  }
}

// MARK: Performing

extension ConnectionTask {
  func perform(_ actions: [ConnectionState.Action]) {
    for action in actions {
      switch action {
      case .admit(let head): admit(head)
      case .limitBody(let limit):
        bodyLimit = limit
        parser.limitBody(to: limit)
      case .sendContinue: send(ResponseWriter.continue)
      case .store(let bytes): store(bytes)
      case .respond: respond()
      case .refuse(let violation):
        give(handler.refusal(of: violation))
      case .cancel: abandon()
      case .linger: stream.endOutput()
      case .close: close()
      }
    }
  }

  private func admit(_ head: RequestHead) {
    var head = head
    head.certificate = stream.certificate
    head.address = remote?.host
    self.head = head
    switch handler.admit(head) {
    case .accept(let exchange):
      self.exchange = exchange
      perform(
        state.accepted(
          head, bodyLimit: exchange.bodyLimit, hasMore: parser.buffered > 0, at: clock.now))
    case .refuse(let response):
      state.refused()
      give(response)
    }
  }

  private func store(_ bytes: [UInt8]) {
    guard !body.append(bytes, limit: bodyLimit) else { return }
    perform(state.violated(.bodyMemoryExhausted(limit: limits.bodyMemory)))
  }

  private func respond() {
    guard let exchange else { return }
    let reply = exchange.reply(to: body.release())
    self.exchange = nil
    if patience > 0, case .now(let response) = reply {
      patience -= 1
      give(response)
    } else {
      begin(reply)
    }
  }

  /// Answers without the handler's task, unless the answer is a stream.
  private func give(_ response: Response) {
    exchange = nil
    guard case .bytes = response.body else { return begin(.now(response)) }
    begun += 1
    _ = start(response)
    end(begun)
  }

  private func abandon() {
    guard abandoned < begun, ended < begun else { return }
    abandoned = begun
    outcomeWaiter.wake()
  }

  private func close() {
    stream.close()
    exchange = nil
    timers.set(ObjectIdentifier(self), for: nil)
    parser = RequestParser(limits: protocolLimits)
    if ended == begun {
      body.empty()
      head = nil
    }
    observer.note(.closed(state.ending ?? .failed))
    dueWaiter?.resume(returning: nil)
    dueWaiter = nil
    makeRoom()
  }
}

// MARK: Exchanges

extension ConnectionTask {
  private func begin(_ reply: Reply) {
    begun += 1
    due = reply
    dueWaiter?.resume(returning: begun)
    dueWaiter = nil
  }

  /// Hands out how the answer is given; no reference stays here, so that a request's body is
  /// released when the request was handled.
  func takeReply() -> Reply? {
    defer { due = nil }
    return due
  }

  /// The number of the next answer that is due; `nil` when the connection has closed.
  ///
  /// Here and below the condition is looked at inside the continuation's closure: the actor may do
  /// other work between a call that suspends and its closure.
  private func nextAnswer() async -> Int? {
    await withCheckedContinuation { waiter in
      if due != nil {
        waiter.resume(returning: begun)
      } else if state.isClosed {
        waiter.resume(returning: nil)
      } else {
        dueWaiter = waiter
      }
    }
  }

  /// Waits until an exchange has ended or its client has given it up.
  private func outcome(of number: Int) async {
    await withCheckedContinuation { waiter in
      if ended < number, abandoned < number {
        outcomeWaiter = waiter
      } else {
        waiter.resume()
      }
    }
  }

  /// An exchange is over: its memory is given back, and the next request may be read.
  func end(_ number: Int) {
    guard ended < number else { return }
    ended = number
    body.empty()
    head = nil
    state.answerEnds()
    outcomeWaiter.wake()
    noteOutput()
  }
}

extension Optional where Wrapped == CheckedContinuation<Void, Never> {
  /// Resumes the one who waits, if any, once.
  fileprivate mutating func wake() {
    let waiter = self
    self = nil
    waiter?.resume()
  }
}
