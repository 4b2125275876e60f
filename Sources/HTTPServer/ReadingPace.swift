/// How slowly a client may go on reading an answer.
///
/// A bucket of time: it runs out while bytes wait for the client, and every byte that the client
/// takes fills in what it is worth at the lowest rate. It holds the grace and no more, so a fast
/// beginning buys no slow end. Time in which nothing waits, as while the server computes, is free.
/// Source: Turner 1986, the leaky bucket.
struct ReadingPace: Equatable, Sendable {
  typealias Instant = ContinuousClock.Instant

  /// Bytes waiting for the client, as they were seen last.
  private struct Wait: Equatable {
    var seen: Instant
    /// When the client last took bytes.
    var moved: Instant
    /// All bytes that the client had taken.
    var taken: Int
  }

  /// Bytes a second; 0 is no limit.
  private let rate: Int
  private let grace: Duration
  private let stall: Duration
  private var credit: Duration
  private var wait: Wait?

  init(_ limits: Limits) {
    (rate, grace, stall) = (limits.answerRate, limits.answerGrace, limits.writeStall)
    credit = grace
  }

  /// When the client has been too slow, if it takes nothing before; `nil` while nothing waits.
  var deadline: Instant? {
    guard let wait else { return nil }
    let stalled = wait.moved.advanced(by: stall)
    return rate > 0 ? min(stalled, wait.seen.advanced(by: credit)) : stalled
  }

  /// Why a client is not waited for any longer.
  func verdict(at now: Instant) -> ConnectionEnd? {
    guard let wait else { return nil }
    if now - wait.moved > stall { return .stalled }
    return rate > 0 && now - wait.seen > credit ? .slow : nil
  }

  /// Bytes wait; `taken` are all that the client took since it came.
  mutating func waits(taken: Int, at now: Instant) {
    guard var wait = self.wait else {
      self.wait = Wait(seen: now, moved: now, taken: taken)
      return
    }
    credit -= now - wait.seen
    if taken > wait.taken {
      if rate > 0 {
        credit = min(grace, credit + .seconds(Double(taken - wait.taken) / Double(rate)))
      }
      (wait.moved, wait.taken) = (now, taken)
    }
    wait.seen = now
    self.wait = wait
  }

  /// No byte waits any more.
  mutating func drains(taken: @autoclosure () -> Int, at now: Instant) {
    guard wait != nil else { return }
    waits(taken: taken(), at: now)
    wait = nil
  }

  /// An answer is over: the next has all of the grace.
  mutating func begins() {
    credit = grace
  }
}
