import Foundation

/// A few threads for work that blocks, made when they are needed.
///
/// On Linux, Dispatch has as many threads of each class of service as there are cores, and tasks
/// run on them too: whatever blocks there keeps everything else of its class waiting.
// SAFETY: `state` guards all that changes.
final class BlockingThreadPool: @unchecked Sendable {
  /// How long a thread stays that has nothing to do.
  static let patience: TimeInterval = 2

  private let limit: Int
  private let state = NSCondition()
  private var waiting: [@Sendable () -> Void] = []
  private var count = 0
  private var idle = 0

  init(limit: Int) {
    precondition(limit > 0, "\(limit) threads")
    self.limit = limit
  }

  /// Runs work in the order of its coming, no more of it at a time than the limit.
  func run(_ work: @escaping @Sendable () -> Void) {
    state.withLock {
      waiting.append(work)
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

  /// What to do next; `nil` when nothing came for a while, and the thread may end.
  private func next() -> (@Sendable () -> Void)? {
    state.withLock {
      let deadline = Date(timeIntervalSinceNow: BlockingThreadPool.patience)
      idle += 1
      while waiting.isEmpty, state.wait(until: deadline) {}
      idle -= 1
      if waiting.isEmpty {
        count -= 1
        return nil
      }
      return waiting.removeFirst()
    }
  }
}
