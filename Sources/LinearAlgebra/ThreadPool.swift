/// A fixed number of threads that share out loops, loops inside loops too.
///
/// A loop's body runs once for each index, on whichever thread is free; a thread that starts a loop
/// of its own works on it and the others help when they have nothing else to begin. What an index
/// computes never depends on the thread, so neither do the results on the number of threads.
///
/// Loops are of two priorities. Between two indices of a background loop a thread does one index of
/// an interactive one, if there is any; a thread without a loop begins interactive and background
/// ones in turn. A caller that is no thread of the pool works on its interactive loop too, so that
/// one of many short loops never waits for the end of what a thread is in the middle of.
package final class ThreadPool: Sendable {
  /// A thread's number, below the pool's `members`: an index for memory that only it touches in
  /// innermost loops.
  package typealias WorkerIndex = Int

  package enum Priority: Sendable, Hashable {
    /// Work that takes seconds.
    case background
    /// Work that a client waits for.
    case interactive
  }

  package let count: Int
  /// The threads that may run a loop's bodies: the pool's, and the caller of an interactive loop.
  package var members: Int { priority == .interactive ? count + 1 : count }

  private let priority: Priority
  private let scheduler: LoopScheduler

  /// Starts threads, whose loops are background ones unless asked for by `with`.
  package init(count: Int) {
    precondition(count > 0, "a pool of \(count) threads")
    self.count = count
    priority = .background
    scheduler = LoopScheduler(threads: count)
  }

  private init(_ pool: ThreadPool, _ priority: Priority) {
    count = pool.count
    self.priority = priority
    scheduler = pool.scheduler
  }

  /// The same threads, for loops of a priority.
  package func with(_ priority: Priority) -> ThreadPool { ThreadPool(self, priority) }

  /// Lets the threads go; loops that run are finished first, and no more may be started.
  package func close() { scheduler.close() }

  /// Runs `body` for every index below `count`, given the index and the thread that runs it.
  ///
  /// Returns when all are done. A caller that is no thread of the pool only waits for a background
  /// loop.
  package func forEach(_ count: Int, _ body: @escaping @Sendable (Int, WorkerIndex) -> Void) {
    guard count > 0 else { return }
    scheduler.run(ParallelLoop(count: count, priority, body))
  }
}
