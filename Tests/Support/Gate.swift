import Foundation

/// Holds whoever comes until it is opened, and counts them.
package final class Gate: @unchecked Sendable {  // SAFETY: `state` guards all that changes.
  private let state = NSCondition()
  private var isOpen: Bool
  private var count = 0

  package init(isOpen: Bool = false) {
    self.isOpen = isOpen
  }

  /// How many have come so far, held or not.
  package var arrivals: Int { state.withLock { count } }

  package func pass() {
    state.lock()
    count += 1
    while !isOpen { state.wait() }
    state.unlock()
  }

  package func open() {
    state.withLock {
      isOpen = true
      state.broadcast()
    }
  }
}
