/// Whether a process may declare others dead: only one that has been heard itself for some time.
package struct SweepRight: Sendable {
  /// Nine heartbeats of five seconds.
  package static let usualDelay = 45.0

  package let delay: Double
  /// Since when every heartbeat was heard.
  private var since: Double?

  package init(delay: Double) { self.delay = delay }

  package mutating func beat(at now: Double, isHeard: Bool) {
    since = isHeard ? since ?? now : nil
  }

  /// Without any delay, one that never beats may judge too.
  package func mayJudge(at now: Double) -> Bool {
    delay == 0 || since.map { now - $0 >= delay } ?? false
  }
}
