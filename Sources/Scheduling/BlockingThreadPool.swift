import Foundation

/// A few threads for blocking work, created on demand.
///
/// On Linux, Dispatch has as many threads per quality of service as there are cores, and tasks run
/// on them too: work that blocks there delays everything else of its class.
// SAFETY: `state` guards all mutable state.
package final class BlockingThreadPool: @unchecked Sendable {
  /// Seconds after which an idle thread ends.
  static let patience: TimeInterval = 2

  private let limit: Int
  private let state = NSCondition()
  private var waiting = ClientTurns<@Sendable () -> Void>()
  private var count = 0
  private var idle = 0

  package init(limit: Int) {
    precondition(limit > 0, "\(limit) threads")
    self.limit = limit
  }

  /// Runs work, at most `limit` items at a time: one of each client in turn, and each client's in
  /// order of arrival.
  package func run(for client: String? = nil, _ work: @escaping @Sendable () -> Void) {
    state.withLock {
      waiting.append(work, of: client)
      if idle >= waiting.count {
        state.signal()
      } else if count < limit {
        count += 1
        Thread { [self] in serve() }.start()
      }
    }
  }

  private func serve() {
    while let work = next() { work() }
  }

  /// The next work; `nil` after an idle time, when the thread may end.
  private func next() -> (@Sendable () -> Void)? {
    state.withLock {
      let deadline = Date(timeIntervalSinceNow: BlockingThreadPool.patience)
      idle += 1
      while waiting.isEmpty, state.wait(until: deadline) {}
      idle -= 1
      let work = waiting.next()
      if work == nil { count -= 1 }
      return work
    }
  }
}
