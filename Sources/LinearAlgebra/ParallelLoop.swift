import Foundation
import Synchronization

/// One call of `ThreadPool.forEach`: which indices are left to begin, and how many have ended.
final class ParallelLoop: Sendable {
  let count: Int
  let priority: ThreadPool.Priority
  private let body: @Sendable (Int, ThreadPool.WorkerIndex) -> Void
  private let next = Atomic(0)
  private let ended = Atomic(0)
  /// Threads that work on it.
  let helpers = Atomic(0)
  private let end = NSCondition()

  init(
    count: Int, _ priority: ThreadPool.Priority,
    _ body: @escaping @Sendable (Int, ThreadPool.WorkerIndex) -> Void
  ) {
    self.count = count
    self.priority = priority
    self.body = body
  }

  /// Whether no index is left to begin.
  var isTaken: Bool { next.load(ordering: .relaxed) >= count }

  private var hasEnded: Bool { ended.load(ordering: .acquiring) == count }

  /// Runs one index that has not begun; returns its number, or `nil` when none is left.
  @discardableResult
  func runNext(as worker: ThreadPool.WorkerIndex) -> Int? {
    guard !isTaken else { return nil }
    let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
    guard index < count else { return nil }
    body(index, worker)
    if ended.wrappingAdd(1, ordering: .acquiringAndReleasing).newValue == count {
      end.withLock { end.broadcast() }
    }
    return index
  }

  /// Returns when every index has ended.
  func wait() {
    guard !Patience.wait(until: { hasEnded }) else { return }
    end.withLock {
      while !hasEnded { end.wait() }
    }
  }
}

/// How long a thread looks for something before it sleeps.
///
/// Waking a thread takes about as long, so that short waits between loops cost little and long ones
/// nothing.
enum Patience {
  private static let duration = Duration.microseconds(50)
  /// Looks between two of the clock.
  private static let looks = 64

  /// Looks until a condition holds or patience ends; returns whether it held.
  static func wait(until condition: () -> Bool) -> Bool {
    let end = ContinuousClock.now + duration
    repeat {
      for _ in 0..<looks where condition() { return true }
    } while ContinuousClock.now < end
    return condition()
  }
}
