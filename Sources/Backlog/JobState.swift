/// Where a job stands; it is in exactly one state.
package enum JobState: Int, Sendable, Hashable, CaseIterable {
  case waiting = 0
  case running = 1
  case done = 2
  /// It has a problem, or its workers died under it.
  case failed = 3
  case cancelled = 4
  /// It waited until its deadline, or for weights that no worker has.
  case expired = 5

  /// Whether nothing will change any more.
  package var isEnded: Bool { self != .waiting && self != .running }
}

/// What goes first: all interactive jobs before any of a batch.
package enum JobClass: Int, Sendable, Hashable, CaseIterable {
  case interactive = 0
  case batch = 10
}
