/// The minimum rate at which a client must read an answer, as a leaky bucket of time.
///
/// The bucket drains while bytes wait for the client; each byte that the client takes adds the time
/// that it takes at the minimum rate. It holds at most the grace, so that a fast start does not
/// permit a slow end. Time in which no byte waits, as while the server computes, does not count.
/// Source: Turner 1986.
struct ReadingPace: Equatable, Sendable {
  typealias Instant = ContinuousClock.Instant

  /// A time in which bytes wait for the client.
  private struct Wait: Equatable {
    /// When the bucket was last updated.
    var seen: Instant
    /// When the client last took bytes.
    var moved: Instant
    /// Bytes that the client had taken by then, in all.
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

  /// When the client will be too slow if it takes nothing; `nil` while no byte waits.
  var deadline: Instant? {
    guard let wait else { return nil }
    let stalled = wait.moved.advanced(by: stall)
    return rate > 0 ? min(stalled, wait.seen.advanced(by: credit)) : stalled
  }

  /// The reason to close the connection, if any.
  func verdict(at now: Instant) -> ConnectionEnd? {
    guard let wait else { return nil }
    if now - wait.moved > stall { return .stalled }
    return rate > 0 && now - wait.seen > credit ? .slow : nil
  }

  /// Bytes wait; `taken` is the number that the client has taken since it connected.
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

  /// No byte waits.
  mutating func drains(taken: @autoclosure () -> Int, at now: Instant) {
    guard wait != nil else { return }
    waits(taken: taken(), at: now)
    wait = nil
  }

  /// Gives the next answer the whole grace.
  mutating func begins() {
    credit = grace
  }
}
