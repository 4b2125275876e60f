/// Whether a process may declare others dead: only one that has been heard itself for some time.
package struct SweepRight: Sendable {
  /// Nine heartbeats of five seconds.
  package static let usualDelay = 45.0
  /// Seconds for which heartbeats may go unheard.
  ///
  /// Others who were as silent are not believed dead yet: with a heartbeat's time it is well below a
  /// lease.
  package static let longestSilence = 12.0

  package let delay: Double
  /// Since when no silence was longer.
  private var since: Double?
  private var last: Double?

  package init(delay: Double) { self.delay = delay }

  /// Takes note of a heartbeat, which may have been sent in vain.
  package mutating func beat(at now: Double, isHeard: Bool) {
    guard isHeard else { return }
    if isSilent(at: now) { since = now }
    last = now
  }

  /// Takes note that others believe this process dead.
  package mutating func lose() { (since, last) = (nil, nil) }

  /// Without any delay, one that never beats may judge too.
  package func mayJudge(at now: Double) -> Bool {
    delay == 0 || !isSilent(at: now) && since.map { now - $0 >= delay } ?? false
  }

  private func isSilent(at now: Double) -> Bool {
    last.map { now - $0 > SweepRight.longestSilence } ?? true
  }
}
