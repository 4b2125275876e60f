import HTTP1
import HTTPServer
import HTTPTypes
import Support
import Testing

/// A connection's decisions under a clock moved by hand.
private struct Script {
  var clock = ManualClock()
  var state: ConnectionState
  let limits: Limits

  init(_ limits: Limits = Limits()) {
    self.limits = limits
    state = ConnectionState(limits: limits, at: clock.now)
  }

  static func head(
    _ framing: BodyFraming = .none, keepsAlive: Bool = true, expects: Bool = false
  ) -> RequestHead {
    RequestHead(
      method: .post, target: RequestTarget(path: "/features"), framing: framing,
      keepsAlive: keepsAlive, expectsContinue: expects)
  }

  /// Time passes, then the timer fires.
  mutating func wait(_ duration: Duration) -> [ConnectionState.Action] {
    state.timerFired(at: clock.advance(by: duration))
  }

  mutating func begin(_ head: RequestHead, limit: Int = 1000, hasMore: Bool = false)
    -> [ConnectionState.Action]
  {
    _ = state.bytesArrived(10, at: clock.now)
    #expect(state.take(.head(head), at: clock.now) == [.admit(head)])
    return state.accepted(head, bodyLimit: limit, hasMore: hasMore, at: clock.now)
  }

  /// A whole request without a body, up to its answer.
  mutating func ask(_ head: RequestHead = Script.head()) {
    #expect(begin(head) == [.limitBody(to: 1000)])
    #expect(state.take(.end, at: clock.now) == [.respond])
  }

  mutating func answer() -> [ConnectionState.Action] {
    state.answerEnds()
    return state.outputDrained(taken: 0, at: clock.now)
  }
}

@Suite("Connection state") struct ConnectionStateTests {
  @Test func `requests follow one another while both sides like`() {
    var script = Script()
    for _ in 0..<5 {
      script.ask()
      #expect(!script.state.wantsEvents)
      #expect(script.answer().isEmpty)
      #expect(script.state.wantsEvents)
    }
    script.ask(Script.head(keepsAlive: false))
    #expect(script.state.isLast)
    #expect(script.answer() == [.linger])
    #expect(script.state.peerEnded() == [.close])
  }

  @Test func `the next request is not begun before the answer has left`() {
    var script = Script()
    script.ask()
    #expect(script.state.outputDrained(taken: 0, at: script.clock.now).isEmpty)
    #expect(!script.state.wantsEvents)
    script.state.answerEnds()
    #expect(!script.state.wantsEvents)
    #expect(script.state.outputDrained(taken: 0, at: script.clock.now).isEmpty)
    #expect(script.state.wantsEvents)
  }

  @Test(arguments: [BodyFraming.none, .fixed(3), .chunked], [true, false])
  func `continue is said to who waits for it and has sent nothing`(
    framing: BodyFraming, hasMore: Bool
  ) {
    for expects in [true, false] {
      var script = Script()
      let actions = script.begin(Script.head(framing, expects: expects), hasMore: hasMore)
      let isDue = expects && !hasMore && framing != .none
      #expect(actions == [.limitBody(to: 1000)] + (isDue ? [.sendContinue] : []))
    }
  }

  @Test func `a promise beyond the limit is refused before any of it is asked for`() {
    var script = Script()
    let head = Script.head(.fixed(1001), expects: true)
    #expect(script.begin(head) == [.refuse(.bodyTooLarge(limit: 1000))])
    #expect(script.answer() == [.linger])
  }

  @Test func `reading ahead stops at its limit while an answer is due`() {
    var script = Script()
    #expect(script.state.wantsBytes(buffered: .max))
    script.ask()
    #expect(script.state.wantsBytes(buffered: script.limits.readAhead - 1))
    #expect(!script.state.wantsBytes(buffered: script.limits.readAhead))
  }

  @Test func `a client that leaves gives its answer up`() {
    var script = Script()
    script.ask()
    #expect(script.state.peerEnded() == [.cancel])
    #expect(script.state.peerEnded().isEmpty)
    // What the handler still says is sent, then nothing keeps the connection.
    #expect(script.answer().isEmpty)
    #expect(script.state.ranDry(isEmpty: true, at: script.clock.now) == [.close])

    var gone = Script()
    gone.ask()
    #expect(gone.state.fails() == [.cancel, .close])
    #expect(gone.state.fails().isEmpty)

    var limits = Limits()
    limits.endCancels = false
    var half = Script(limits)
    half.ask()
    #expect(half.state.peerEnded().isEmpty)
  }

  @Test func `half a request and an end is closed without an answer`() {
    for framing in [nil, BodyFraming.fixed(5)] {
      var script = Script()
      _ = script.state.bytesArrived(3, at: script.clock.now)
      if let framing { _ = script.begin(Script.head(framing)) }
      #expect(script.state.peerEnded().isEmpty)
      #expect(script.state.ranDry(isEmpty: false, at: script.clock.now) == [.close])
    }
  }

  @Test func `stopping closes a quiet connection and spares an answer`() {
    var quiet = Script()
    quiet.ask()
    _ = quiet.answer()
    #expect(quiet.state.drain() == [.close])

    var busy = Script()
    busy.ask()
    #expect(busy.state.drain().isEmpty)
    #expect(busy.state.isLast)
    #expect(busy.answer() == [.linger])

    var fresh = Script()
    #expect(fresh.state.drain().isEmpty)
    #expect(fresh.wait(fresh.limits.drainIdle).isEmpty)
    #expect(fresh.wait(.milliseconds(1)) == [.close])
  }
}

@Suite("Connection timers") struct ConnectionTimerTests {
  @Test func `silence is closed, sooner before the first request than after`() {
    var fresh = Script()
    #expect(fresh.wait(fresh.limits.headTimeout).isEmpty)
    #expect(fresh.wait(.milliseconds(1)) == [.close])
    var reused = Script()
    reused.ask()
    _ = reused.answer()
    #expect(reused.wait(reused.limits.keepAliveIdle).isEmpty)
    #expect(reused.wait(.milliseconds(1)) == [.close])
  }

  @Test func `a head is refused in time, however steadily it drips`() {
    var script = Script()
    var actions: [ConnectionState.Action] = []
    var waited = Duration.zero
    while actions.isEmpty, waited < .seconds(60) {
      _ = script.state.bytesArrived(1, at: script.clock.now)
      actions = script.wait(.milliseconds(500))
      waited += .milliseconds(500)
    }
    #expect(actions == [.refuse(.headTooSlow(seconds: 10))])
    #expect(waited == .seconds(10.5))
  }

  @Test func `the head of a pipelined request has its own time`() {
    var script = Script()
    script.ask()
    _ = script.wait(.seconds(60))
    _ = script.answer()
    #expect(script.state.ranDry(isEmpty: false, at: script.clock.now).isEmpty)
    #expect(script.wait(.seconds(10)).isEmpty)
    #expect(script.wait(.milliseconds(1)) == [.refuse(.headTooSlow(seconds: 10))])
  }

  @Test func `a body may pause, but not long`() {
    var script = Script()
    _ = script.begin(Script.head(.fixed(1000)), limit: 1000)
    #expect(script.wait(.seconds(9)).isEmpty)
    #expect(script.wait(.seconds(2)) == [.refuse(.bodyBelowRate(limit: 1024))])
    var quick = Script()
    _ = quick.begin(Script.head(.fixed(1 << 20)), limit: 1 << 20)
    let bytes = [UInt8](repeating: 0, count: 1 << 19)
    _ = quick.state.bytesArrived(bytes.count, at: quick.clock.now)
    #expect(quick.state.take(.body(bytes), at: quick.clock.now) == [.store(bytes)])
    #expect(quick.wait(.seconds(30)).isEmpty)
    #expect(quick.wait(.milliseconds(1)) == [.refuse(.bodyTooSlow(seconds: 30))])
  }

  @Test(arguments: [(1000, true), (1100, false)])
  func `a body must keep its pace on average`(rate: Int, isRefused: Bool) {
    var script = Script()
    _ = script.begin(Script.head(.chunked), limit: .max)
    var actions: [ConnectionState.Action] = []
    for _ in 0..<300 where actions.isEmpty {
      _ = script.state.bytesArrived(rate, at: script.clock.now)
      _ = script.state.take(.body([UInt8](repeating: 0, count: rate)), at: script.clock.now)
      actions = script.wait(.seconds(1))
    }
    #expect(actions.isEmpty != isRefused)
  }

  @Test func `a reader that stalls is cut, one that moves is not`() {
    var script = Script()
    script.ask()
    script.state.outputWaits(taken: 0, at: script.clock.now)
    for step in 1...10 {
      #expect(script.wait(.seconds(29)).isEmpty)
      script.state.outputWaits(taken: step << 20, at: script.clock.now)
    }
    #expect(script.wait(.seconds(31)) == [.cancel, .close])
  }

  @Test func `a handler at work is not timed`() {
    var script = Script()
    script.ask()
    #expect(script.wait(.seconds(100_000)).isEmpty)
  }

  @Test(arguments: 1...200)
  func `nothing is done before the deadline, something just after it`(seed: Int) throws {
    var numbers = SeededNumbers(seed: seed)
    var script = Script()
    for _ in 0..<numbers.below(3) {
      script.ask()
      _ = script.wait(.milliseconds(numbers.below(20_000)))
      _ = script.answer()
    }
    if numbers.below(2) == 0 {
      let length = 1 + numbers.below(40_000)
      _ = script.begin(Script.head(.fixed(length)), limit: length)
      let bytes = [UInt8](repeating: 0, count: length)
      if numbers.below(2) == 0 {
        #expect(script.wait(.milliseconds(numbers.below(9000))).isEmpty)
        _ = script.state.bytesArrived(length, at: script.clock.now)
        _ = script.state.take(.body(bytes), at: script.clock.now)
      }
    } else if numbers.below(2) == 0 {
      _ = script.state.bytesArrived(1, at: script.clock.now)
    } else if numbers.below(2) == 0 {
      script.ask(Script.head(keepsAlive: false))
      #expect(script.answer() == [.linger])
    }
    if numbers.below(3) == 0 {
      script.state.outputWaits(taken: 0, at: script.clock.now)
      if numbers.below(2) == 0 {
        script.clock.advance(by: .milliseconds(numbers.below(900)))
        script.state.outputWaits(taken: numbers.below(10_000), at: script.clock.now)
      }
    }
    let wait = script.clock.now.duration(to: try #require(script.state.deadline))
    #expect(wait >= .zero)
    #expect(script.wait(wait).isEmpty)
    #expect(!script.wait(.milliseconds(1)).isEmpty)
  }

  @Test func `who works or is gone has no deadline`() {
    var script = Script()
    script.ask()
    #expect(script.state.deadline == nil)
    _ = script.state.fails()
    #expect(script.state.deadline == nil)
  }

  @Test func `lingering ends by silence, by time and by bytes`() {
    func lingering() -> Script {
      var script = Script()
      script.ask(Script.head(keepsAlive: false))
      #expect(script.answer() == [.linger])
      return script
    }
    var silent = lingering()
    #expect(silent.wait(.seconds(5)).isEmpty)
    #expect(silent.wait(.milliseconds(1)) == [.close])
    var long = lingering()
    for _ in 0..<30 {
      #expect(long.wait(.seconds(1)).isEmpty)
      #expect(long.state.bytesArrived(1, at: long.clock.now).isEmpty)
    }
    #expect(long.wait(.milliseconds(1)) == [.close])
    var loud = lingering()
    #expect(loud.state.bytesArrived(loud.limits.lingerBytes, at: loud.clock.now).isEmpty)
    #expect(loud.state.bytesArrived(1, at: loud.clock.now) == [.close])
  }

  @Test func `a server is cut once, at the nearest wish`() {
    var clock = ManualClock()
    var shutdown = Shutdown()
    #expect(shutdown.timerFired(at: clock.now) == .wait)
    shutdown.begin(grace: .seconds(30), at: clock.now)
    shutdown.begin(grace: .seconds(60), at: clock.now)
    #expect(shutdown.timerFired(at: clock.advance(by: .seconds(29))) == .wait)
    #expect(shutdown.timerFired(at: clock.advance(by: .seconds(1))) == .cut)
    #expect(shutdown.timerFired(at: clock.advance(by: .seconds(1))) == .wait)
  }
}
