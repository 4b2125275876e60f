/// A time that moves only when it is told to.
package struct ManualClock: Sendable {
  package private(set) var now = ContinuousClock().now

  package init() {}

  /// Moves on, and returns the new instant.
  @discardableResult
  package mutating func advance(by duration: Duration) -> ContinuousClock.Instant {
    now = now.advanced(by: duration)
    return now
  }
}
