import Synchronization

/// The progress of a piece of work, with its cancellation.
///
/// Written by the threads that do the work, read and cancelled by its callers.
package final class WorkProgress: Sendable {
  private let total = Atomic<Int>(0)
  private let done = Atomic<Int>(0)
  private let late = Atomic<Int>(0)
  private let cancelled = Atomic<Bool>(false)
  private let isKnown = Atomic<Bool>(false)

  package init() {}

  /// Adds to the expected work, in transformer blocks.
  package func expect(_ blocks: Int) {
    guard !isKnown.load(ordering: .relaxed) else { return }
    total.add(blocks, ordering: .relaxed)
  }

  /// States all of the work, of which parts are then announced once more.
  package func expectAll(_ blocks: Int) {
    isKnown.store(true, ordering: .relaxed)
    total.store(blocks, ordering: .relaxed)
  }

  /// Adds work that begins after all of the former was stated.
  package func extend(by blocks: Int) { total.add(blocks, ordering: .relaxed) }

  /// Counts a block as computed.
  package func advance() {
    done.add(1, ordering: .relaxed)
    if isCancelled { late.add(1, ordering: .relaxed) }
  }

  /// Counts blocks whose results were there already.
  package func advance(by blocks: Int) { done.add(blocks, ordering: .relaxed) }

  /// Cancels the work, which ends at its next block.
  package func cancel() {
    cancelled.store(true, ordering: .releasing)
  }

  package var isCancelled: Bool { cancelled.load(ordering: .acquiring) }

  /// Transformer blocks over all views.
  package var blocks: (done: Int, total: Int) {
    (done.load(ordering: .relaxed), total.load(ordering: .relaxed))
  }

  /// Blocks that ended after the cancellation: those in progress when it came.
  package var blocksAfterCancellation: Int { late.load(ordering: .relaxed) }
}
