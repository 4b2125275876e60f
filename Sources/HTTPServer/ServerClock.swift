/// The clock that a server and its connections go by.
package struct ServerClock: Sendable {
  package typealias Instant = ContinuousClock.Instant

  private let read: @Sendable () -> Instant

  package init(now read: @escaping @Sendable () -> Instant = { ContinuousClock().now }) {
    self.read = read
  }

  package var now: Instant { read() }
}
