import Synchronization

/// How many bytes all request bodies of a server hold together.
package final class BodyMemory: Sendable {
  package let limit: Int
  private let used = Mutex(0)

  package init(limit: Int) {
    self.limit = limit
  }

  package var inUse: Int { used.withLock { $0 } }

  /// Sets bytes aside; false when they would exceed the limit.
  func take(_ count: Int) -> Bool {
    used.withLock { used in
      guard count <= limit - used else { return false }
      used += count
      return true
    }
  }

  func give(_ count: Int) {
    used.withLock { used in
      used -= count
      precondition(used >= 0, "more body memory given back than taken")
    }
  }
}
