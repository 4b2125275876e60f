/// When a connection is tried again: after half a second, then less and less often, by chance not
/// with all others at the same time.
struct Attempts: Sendable {
  static let shortest = 0.5
  static let longest = 8.0

  private var failures = 0
  private var next: Double?

  func mayTry(at now: Double) -> Bool { next.map { $0 <= now } ?? true }

  mutating func succeeded() { self = Attempts() }

  /// `chance` is between 0 and 1.
  mutating func failed(at now: Double, chance: Double) {
    let delay = min(Attempts.shortest * Double(1 << min(failures, 10)), Attempts.longest)
    failures += 1
    next = now + delay * (0.5 + chance / 2)
  }
}
