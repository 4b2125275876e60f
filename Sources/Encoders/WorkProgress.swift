import Synchronization

/// How far a piece of work has come, and whether it is still wanted.
///
/// Written by the threads that do the work, read and cancelled by whoever waits for it.
package final class WorkProgress: Sendable {
  private let total = Atomic<Int>(0)
  private let done = Atomic<Int>(0)
  private let late = Atomic<Int>(0)
  private let cancelled = Atomic<Bool>(false)

  package init() {}

  /// Adds to what is to be done, in transformer blocks.
  package func expect(_ blocks: Int) {
    total.add(blocks, ordering: .relaxed)
  }

  /// Counts a block as computed.
  package func advance() {
    done.add(1, ordering: .relaxed)
    if isCancelled { late.add(1, ordering: .relaxed) }
  }

  /// Nobody waits for the result any more: the work ends at its next block.
  package func cancel() {
    cancelled.store(true, ordering: .releasing)
  }

  package var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

  /// Transformer blocks over all views.
  package var blocks: (done: Int, total: Int) {
    (done.load(ordering: .relaxed), total.load(ordering: .relaxed))
  }

  /// Blocks that ended after the cancellation: those under way when it came.
  package var blocksAfterCancellation: Int { late.load(ordering: .relaxed) }
}
