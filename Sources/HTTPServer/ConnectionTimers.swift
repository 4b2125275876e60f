import Synchronization

/// The wheel that a server and its connections share.
final class ConnectionTimers: Sendable {
  private let wheel: Mutex<TimerWheel<ObjectIdentifier>>

  init(tick: Duration, at now: ContinuousClock.Instant) {
    wheel = Mutex(TimerWheel(tick: tick, at: now))
  }

  /// Has a connection woken at a time, or not at all.
  func set(_ connection: ObjectIdentifier, for time: ContinuousClock.Instant?) {
    wheel.withLock { wheel in
      if let time { wheel.set(connection, for: time) } else { wheel.remove(connection) }
    }
  }

  /// Whom to wake now.
  func due(at now: ContinuousClock.Instant) -> [ObjectIdentifier] {
    wheel.withLock { $0.advance(to: now) }
  }
}
