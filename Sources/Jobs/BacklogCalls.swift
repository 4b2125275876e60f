package import Backlog
import Scheduling
import Synchronization

/// Makes a backlog's calls, which block, on threads of their own.
package final class BacklogCalls: Sendable {
  /// Calls at the same time: an engine makes one of those that wait together.
  private static let threads = 8

  private let backlog: any JobBacklog
  private let isBroken = Atomic(false)
  /// Since when every call found the database away.
  private let away = Mutex<ContinuousClock.Instant?>(nil)
  private let threads = BlockingThreadPool(limit: BacklogCalls.threads)

  package init(_ backlog: any JobBacklog) {
    self.backlog = backlog
  }

  package func run<Value: Sendable>(
    _ call: @escaping @Sendable (any JobBacklog) throws(BacklogError) -> Value
  ) async throws -> Value {
    do {
      let value = try await threads.result { [backlog] () throws(BacklogError) in
        try call(backlog)
      }
      away.withLock { $0 = nil }
      return value
    } catch {
      if case .broken = error { isBroken.store(true, ordering: .relaxed) }
      if case .away = error { away.withLock { $0 = $0 ?? .now } }
      throw error
    }
  }

  /// How long no call has reached the database; `nil` where the last one did.
  var secondsAway: Double? { away.withLock { $0 }.map { ($0.duration(to: .now)) / .seconds(1) } }

  /// Whether no call has found the backlog damaged.
  package var isSound: Bool { !isBroken.load(ordering: .relaxed) }
}
