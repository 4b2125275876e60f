import Foundation

/// Holds the threads that come until it is opened, and counts them.
package final class Gate: @unchecked Sendable {  // SAFETY: `state` guards all that changes.
  private let state = NSCondition()
  private var isOpen: Bool
  private let count = Box(0)
  /// How many more it lets through while it is closed.
  private var free: Int

  package init(isOpen: Bool = false, letting free: Int = 0) {
    self.isOpen = isOpen
    self.free = free
  }

  /// How many have come so far, held or not.
  package var arrivals: Int { count.value }

  /// Waits until so many have come; returns whether they did.
  package func arrived(_ number: Int) async -> Bool { await count.until { $0 >= number } }

  package func pass() {
    count.update { $0 += 1 }
    state.lock()
    while !isOpen, free == 0 { state.wait() }
    free = max(free - 1, 0)
    state.unlock()
  }

  package func open() {
    state.withLock {
      isOpen = true
      state.broadcast()
    }
  }
}
