package import Backlog

/// A kind of backlog, of which the laws make as many as they need.
package struct BacklogEngine: Sendable {
  package let name: String
  /// An empty backlog under a policy, with the time and the randomness that are given.
  package let make: @Sendable (BacklogPolicy, VirtualClock, SeededBytes) throws -> any JobBacklog

  package init(
    name: String,
    make: @escaping @Sendable (BacklogPolicy, VirtualClock, SeededBytes) throws -> any JobBacklog
  ) {
    (self.name, self.make) = (name, make)
  }

  /// The one without a disk.
  package static let memory = BacklogEngine(name: "memory") { policy, clock, random in
    MemoryBacklog(
      policy: policy, now: { clock.now }, steady: { clock.steady }, random: { random($0) })
  }
}

/// What was not as a law says.
package struct BrokenLaw: Error, CustomStringConvertible {
  package let description: String

  package init(_ law: String, _ what: String) { description = "\(law): \(what)" }
}

/// Throws unless a law holds.
package func require(
  _ holds: Bool, _ law: String, _ what: @autoclosure () -> String
) throws(BrokenLaw) {
  guard holds else { throw BrokenLaw(law, what()) }
}
