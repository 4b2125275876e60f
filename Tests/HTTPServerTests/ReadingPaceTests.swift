import HTTP1
import HTTPServer
import HTTPTypes
import Support
import Testing

/// A client that reads one answer after another, under a clock moved by hand.
private struct Reader {
  static let limits = {
    var limits = Limits()
    (limits.answerRate, limits.answerGrace) = (1000, .seconds(20))
    limits.writeStall = .seconds(15)
    return limits
  }()

  var clock = ManualClock()
  var state: ConnectionState
  private var taken = 0

  init(_ limits: Limits = Reader.limits) {
    state = ConnectionState(limits: limits, at: clock.now)
    ask()
  }

  /// A request, up to its answer.
  mutating func ask() {
    let head = RequestHead(
      method: .get, target: RequestTarget(path: "/"), framing: .none, keepsAlive: true,
      expectsContinue: false)
    _ = state.bytesArrived(10, at: clock.now)
    _ = state.take(.head(head), at: clock.now)
    _ = state.accepted(head, bodyLimit: 0, hasMore: false, at: clock.now)
    _ = state.take(.end, at: clock.now)
  }

  /// The server sees that the client took so many more bytes, and that some wait.
  mutating func take(_ bytes: Int) {
    taken += bytes
    state.outputWaits(taken: taken, at: clock.now)
  }

  /// Nothing waits any more.
  mutating func drain(_ bytes: Int = 0) {
    taken += bytes
    let all = taken
    _ = state.outputDrained(taken: all, at: clock.now)
  }

  mutating func wait(_ duration: Duration) {
    _ = state.timerFired(at: clock.advance(by: duration))
  }

  /// Takes bytes every second, until it is cut; the seconds that it lasted.
  mutating func read(_ rate: Int, atMost seconds: Int = 1000) -> Int {
    take(0)
    for second in 0..<seconds {
      wait(.seconds(1))
      if state.isClosed { return second }
      take(rate)
    }
    return seconds
  }
}

@Suite("Reading pace") struct ReadingPaceTests {
  @Test(arguments: [(300, 28), (900, 191), (999, 1000), (1000, 1000), (250_000, 1000)])
  func `Answer rate: who takes less is cut when the grace is spent`(rate: Int, lasts: Int) {
    var reader = Reader()
    let seconds = reader.read(rate)
    #expect(abs(seconds - lasts) <= 1, "\(seconds)")
    #expect(reader.state.ending == (lasts < 1000 ? .slow : nil))
  }

  @Test func `Answer rate: a fast beginning buys no slow end`() {
    var reader = Reader()
    _ = reader.read(100_000_000, atMost: 10)
    let seconds = reader.read(300)
    #expect(abs(seconds - 28) <= 1, "\(seconds)")
    #expect(reader.state.ending == .slow)
  }

  @Test func `Answer rate: time in which nothing waits is free`() {
    var reader = Reader()
    for _ in 0..<100 {
      reader.take(0)
      reader.wait(.seconds(1))
      reader.drain(1000)
      // The server computes.
      reader.wait(.seconds(1000))
    }
    #expect(!reader.state.isClosed)
  }

  @Test func `Answer rate: what waits now and then is counted together`() {
    var (reader, seconds) = (Reader(), 0)
    while !reader.state.isClosed, seconds < 100 {
      reader.take(0)
      reader.wait(.seconds(1))
      reader.drain(300)
      seconds += 1
    }
    #expect((28...30).contains(seconds), "\(seconds)")
  }

  @Test func `Answer rate: each answer has the whole grace`() {
    var reader = Reader()
    for _ in 0..<10 {
      reader.take(0)
      for _ in 0..<18 {
        reader.wait(.seconds(1))
        reader.take(1)
      }
      reader.state.answerEnds()
      reader.drain()
      reader.ask()
    }
    #expect(!reader.state.isClosed)
  }

  @Test func `Answer rate: 0 is no limit`() {
    var limits = Reader.limits
    limits.answerRate = 0
    var reader = Reader(limits)
    #expect(reader.read(1) == 1000)
  }

  @Test func `Answer rate: a stalled client is stalled, not slow`() {
    var reader = Reader()
    reader.take(0)
    reader.wait(.seconds(15))
    #expect(!reader.state.isClosed)
    reader.wait(.milliseconds(1))
    #expect(reader.state.ending == .stalled)
  }

  /// 500 MB by 2 Mbit/s, seen in jumps as large as a receive buffer's sixteenth, with pauses.
  @Test(arguments: 0..<50)
  func `Answer rate: a slow line with pauses gets all of a long answer`(seed: Int) {
    var chance = SeededNumbers(seed: seed)
    var (reader, left) = (Reader(Limits()), 500_000_000)
    reader.take(0)
    while left > 0, !reader.state.isClosed {
      let jump = 50_000 + chance.below(350_000)
      reader.wait(.seconds(Double(jump) / 250_000))
      if chance.below(8) == 0 { reader.wait(.seconds(chance.below(25))) }
      reader.take(jump)
      left -= jump
      if chance.below(5) == 0 { reader.drain() }
    }
    #expect(!reader.state.isClosed)
  }
}
