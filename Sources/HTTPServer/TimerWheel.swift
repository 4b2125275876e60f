/// Who is to be woken, by when: a circle of slots, one for each tick, that a hand passes.
///
/// Setting, moving and finding the due cost the same however many wait. A time beyond the circle
/// shares its slot with a nearer one and stays there when the hand passes. It reads no clock.
/// Source: Varghese and Lauck 1987, scheme 6.
package struct TimerWheel<Sleeper: Hashable & Sendable>: Sendable {
  package typealias Instant = ContinuousClock.Instant

  private let tick: Duration
  private let origin: Instant
  private var slots: [Set<Sleeper>]
  /// The tick at which each sleeper is due.
  private var ticks: [Sleeper: Int] = [:]
  /// The last tick that the hand has passed.
  private var hand = 0

  package init(tick: Duration, slots: Int = 512, at now: Instant) {
    precondition(tick > .zero && slots > 0)
    self.tick = tick
    origin = now
    self.slots = Array(repeating: [], count: slots)
  }

  package var count: Int { ticks.count }

  /// Wakes a sleeper at a time or less than a tick later, and at no other; the hand moves first.
  package mutating func set(_ sleeper: Sleeper, for time: Instant) {
    let tick = 1 + max(hand, Self.ticks(in: time - origin - .nanoseconds(1), of: tick))
    guard ticks[sleeper] != tick else { return }
    remove(sleeper)
    ticks[sleeper] = tick
    slots[tick % slots.count].insert(sleeper)
  }

  package mutating func remove(_ sleeper: Sleeper) {
    guard let tick = ticks.removeValue(forKey: sleeper) else { return }
    slots[tick % slots.count].remove(sleeper)
  }

  /// Moves the hand, and gives out those whose time has come.
  package mutating func advance(to now: Instant) -> [Sleeper] {
    let last = max(hand, Self.ticks(in: now - origin, of: tick))
    var due: [Sleeper] = []
    // Once round is enough, however long the hand stood still.
    for passed in (max(hand, last - slots.count)..<last).map({ $0 + 1 }) {
      for sleeper in slots[passed % slots.count] {
        guard let tick = ticks[sleeper], tick <= last else { continue }
        due.append(sleeper)
      }
    }
    hand = last
    for sleeper in due { remove(sleeper) }
    return due
  }

  private static func ticks(in time: Duration, of tick: Duration) -> Int {
    max(0, time.inNanoseconds) / max(1, tick.inNanoseconds)
  }
}
