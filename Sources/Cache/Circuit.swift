/// Whether something that did not answer is asked again: after a while, then less and less often.
package struct Circuit: Sendable {
  /// Seconds after the first time without an answer.
  package static let shortest = 0.5
  package static let longest = 8.0

  private var failures = 0
  private var next: Double?
  /// Since when there was no answer; `nil` where the last question had one.
  package private(set) var awaySince: Double?

  package init() {}

  package func mayAsk(at now: Double) -> Bool { next.map { $0 <= now } ?? true }

  package mutating func answered() { self = Circuit() }

  package mutating func failed(at now: Double) {
    next = now + min(Circuit.shortest * Double(1 << min(failures, 10)), Circuit.longest)
    failures += 1
    awaySince = awaySince ?? now
  }
}
