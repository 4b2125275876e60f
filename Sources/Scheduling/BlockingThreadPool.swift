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
  /// The most threads of one client.
  private let share: Int
  private let state = NSCondition()
  private var waiting = ClientTurns<@Sendable () -> Void>()
  /// Threads by the client whose work they do.
  private var working: [String?: Int] = [:]
  private var count = 0
  private var idle = 0

  /// At most `limit` threads, and of one client at most `share`, by default all.
  package init(limit: Int, ofOne share: Int? = nil) {
    precondition(limit > 0, "\(limit) threads")
    (self.limit, self.share) = (limit, max(1, share ?? limit))
  }

  /// Runs work, at most `limit` items at a time: one of each client in turn, and each client's in
  /// order of arrival.
  package func run(for client: String? = nil, _ work: @escaping @Sendable () -> Void) {
    state.withLock {
      waiting.append(work, of: client)
      if idle > 0 { state.signal() }
      if idle < waiting.count, count < limit {
        count += 1
        Thread { [self] in serve() }.start()
      }
    }
  }

  private func serve() {
    while let (client, work) = next() {
      work()
      state.withLock { working[client] = working[client].flatMap { $0 > 1 ? $0 - 1 : nil } }
    }
  }

  /// The next work; `nil` after an idle time, when the thread may end.
  private func next() -> (client: String?, element: @Sendable () -> Void)? {
    state.withLock {
      let deadline = Date(timeIntervalSinceNow: BlockingThreadPool.patience)
      idle += 1
      var work = take()
      while work == nil, state.wait(until: deadline) { work = take() }
      // Work that came as the time ended.
      work = work ?? take()
      idle -= 1
      if work == nil { count -= 1 }
      return work
    }
  }

  private func take() -> (client: String?, element: @Sendable () -> Void)? {
    guard let work = waiting.next(where: { working[$0, default: 0] < share }) else { return nil }
    working[work.client, default: 0] += 1
    return work
  }
}
