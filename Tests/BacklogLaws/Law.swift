package import Backlog

/// Something that is true of every backlog.
package struct Law: Sendable, CustomStringConvertible {
  package let description: String
  let policy: BacklogPolicy
  let check: @Sendable (any JobBacklog, VirtualClock) throws -> Void

  init(
    _ description: String, policy: BacklogPolicy = .leased,
    check: @escaping @Sendable (any JobBacklog, VirtualClock) throws -> Void
  ) {
    (self.description, self.policy, self.check) = (description, policy, check)
  }

  /// Throws `BrokenLaw` where it does not hold.
  package func check(_ engine: BacklogEngine) throws {
    let clock = VirtualClock()
    let backlog = try engine.make(policy, clock, SeededBytes(seed: 1))
    defer { backlog.close() }
    try check(backlog, clock)
  }

  package static let all: [Law] =
    submissions + claims + ends + deaths + wishes + turns + batches + retention + listings

  /// Throws unless something is as this law says.
  static func require(_ holds: Bool, _ what: @autoclosure () -> String) throws {
    guard holds else { throw BrokenLaw("law", what()) }
  }
}

extension BacklogPolicy {
  /// The one of a backlog with many workers.
  package static var leased: BacklogPolicy {
    var policy = BacklogPolicy()
    policy.lease = 30
    return policy
  }
}
