package import Backlog
import Scheduling
import Synchronization

/// Makes a backlog's calls, which block, on threads of their own.
package final class BacklogCalls: Sendable {
  /// Calls at the same time: an engine makes one of those that wait together.
  private static let threads = 8

  private let backlog: any JobBacklog
  private let isBroken = Atomic(false)
  private let threads = BlockingThreadPool(limit: BacklogCalls.threads)

  package init(_ backlog: any JobBacklog) {
    self.backlog = backlog
  }

  package func run<Value: Sendable>(
    _ call: @escaping @Sendable (any JobBacklog) throws(BacklogError) -> Value
  ) async throws -> Value {
    let result = await withCheckedContinuation {
      (caller: CheckedContinuation<Result<Value, BacklogError>, Never>) in
      threads.run { [backlog] in
        caller.resume(
          returning: Result { () throws(BacklogError) in try call(backlog) })
      }
    }
    if case .failure(.broken) = result { isBroken.store(true, ordering: .relaxed) }
    return try result.get()
  }

  /// Whether no call has found the backlog damaged.
  package var isSound: Bool { !isBroken.load(ordering: .relaxed) }
}
