import Foundation
import Synchronization

/// The threads of a pool, and which loop each works on.
///
/// A thread waits only for a loop that it started itself, later than everything that it is in the
/// middle of; so no two threads wait for each other.
// SAFETY: `state` guards all that changes. `identities` is written before the first loop and only
// read after that.
final class LoopScheduler: @unchecked Sendable {
  private let state = NSCondition()
  /// Counts what may end a thread's sleep; changed with the lock held, read without it too.
  private let news = Atomic(0)
  /// Interactive loops that had indices left to begin when last looked at.
  private let urgent = Atomic(0)
  /// Those with indices left to begin, started by threads of the pool or by others.
  private var inner: [ParallelLoop] = []
  private var outer: [ParallelLoop] = []
  private var sleepers = 0
  private var isOpen = true
  /// The threads, in the order of their numbers.
  private var identities: [pthread_t] = []

  private static let stackSize = 4 << 20

  init(threads count: Int) {
    var missing = count
    identities = Array(repeating: 0, count: count)
    for worker in 0..<count {
      let thread = Thread { [self] in serve(as: worker) }
      thread.name = "eyepiece-\(worker)"
      thread.stackSize = LoopScheduler.stackSize
      thread.start()
    }
    state.withLock {
      while missing > 0 {
        missing = identities.count { $0 == 0 }
        if missing > 0 { state.wait() }
      }
    }
  }

  func close() {
    state.withLock {
      isOpen = false
      news.wrappingAdd(1, ordering: .releasing)
      state.broadcast()
    }
  }

  /// Runs a loop to its end.
  func run(_ loop: ParallelLoop) {
    let thread = identities.firstIndex(of: pthread_self())
    // No two loops of one caller run at a time, so that one number does for all callers.
    let worker = thread ?? (loop.priority == .interactive ? identities.count : nil)
    if let worker, loop.count == 1 {
      _ = loop.runNext(as: worker)
      return
    }
    begin(loop, isInner: thread != nil)
    if let worker { work(on: loop, as: worker) }
    loop.wait()
  }
}

extension LoopScheduler {
  private func begin(_ loop: ParallelLoop, isInner: Bool) {
    state.withLock {
      precondition(isOpen || isInner, "a loop for a pool that was closed")
      if isInner { inner.append(loop) } else { outer.append(loop) }
      if loop.priority == .interactive { urgent.wrappingAdd(1, ordering: .releasing) }
      news.wrappingAdd(1, ordering: .releasing)
      for _ in 0..<min(sleepers, loop.count) { state.signal() }
    }
  }

  private func serve(as worker: Int) {
    state.withLock {
      identities[worker] = pthread_self()
      state.broadcast()
    }
    var turn = ThreadPool.Priority.interactive
    while let (loop, isInner) = next(turn) {
      turn = loop.priority == .interactive ? .background : .interactive
      if isInner {
        work(on: loop, as: worker)
      } else {
        loop.helpers.wrappingAdd(1, ordering: .relaxed)
        _ = loop.runNext(as: worker)
        loop.helpers.wrappingSubtract(1, ordering: .relaxed)
      }
    }
  }

  /// Works on a loop until no index is left to begin.
  private func work(on loop: ParallelLoop, as worker: Int) {
    while loop.runNext(as: worker) != nil {
      guard loop.priority == .background, urgent.load(ordering: .relaxed) > 0 else { continue }
      let other = state.withLock { () -> ParallelLoop? in
        purge()
        return (inner + outer).first { $0.priority == .interactive }
      }
      _ = other?.runNext(as: worker)
    }
  }

  /// What a thread without a loop begins next, which it waits for; `nil` when the pool is closed.
  ///
  /// An inner loop comes first, so that what was begun ends; then one of the priority whose turn it
  /// is; then the loop that the fewest threads work on, the oldest among equals, so that several
  /// clients advance together.
  private func next(_ turn: ThreadPool.Priority) -> (loop: ParallelLoop, isInner: Bool)? {
    state.lock()
    defer { state.unlock() }
    while true {
      purge()
      if let loop = inner.first(where: { $0.priority == turn }) ?? inner.first {
        return (loop, true)
      }
      let others = outer.filter { $0.priority == turn }
      if let loop = (others.isEmpty ? outer : others).min(by: {
        $0.helpers.load(ordering: .relaxed) < $1.helpers.load(ordering: .relaxed)
      }) {
        return (loop, false)
      }
      guard isOpen else { return nil }
      sleep()
    }
  }

  /// Waits for news, at first awake; called and left with the lock held.
  private func sleep() {
    let known = news.load(ordering: .relaxed)
    state.unlock()
    _ = Patience.wait { news.load(ordering: .acquiring) != known }
    state.lock()
    guard news.load(ordering: .relaxed) == known else { return }
    sleepers += 1
    state.wait()
    sleepers -= 1
  }

  /// Forgets loops whose indices have all begun; called with the lock held.
  private func purge() {
    inner.removeAll(where: \.isTaken)
    outer.removeAll(where: \.isTaken)
    let left = (inner + outer).count { $0.priority == .interactive }
    urgent.store(left, ordering: .relaxed)
  }
}
