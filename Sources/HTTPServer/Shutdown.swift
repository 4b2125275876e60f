/// When a server that has been asked to stop cuts what is left.
package struct Shutdown: Sendable, Equatable {
  package typealias Instant = ContinuousClock.Instant

  package enum Action: Equatable, Sendable {
    case wait
    /// Cut every connection.
    case cut
  }

  private(set) var deadline: Instant?
  private var hasCut = false

  package init() {}

  package var isWanted: Bool { deadline != nil }

  /// A second wish may bring the cut forward, never put it off.
  package mutating func begin(grace: Duration, at now: Instant) {
    let wished = now.advanced(by: grace)
    deadline = min(deadline ?? wished, wished)
  }

  package mutating func timerFired(at now: Instant) -> Action {
    guard let deadline, now >= deadline, !hasCut else { return .wait }
    hasCut = true
    return .cut
  }
}
