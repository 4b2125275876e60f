import Synchronization

/// Entries that must stay, since somebody was promised them.
extension DiskStore {
  /// The part of the budget that pinned entries may take.
  package static let pinnedShare = 0.5

  /// Bytes that more pinned entries may take.
  package var pinRoom: Int {
    Int(DiskStore.pinnedShare * Double(budget)) - state.withLock { $0.table.pinnedBytes }
  }

  /// Keeps further entries from being evicted, also those that are still to be written.
  package func pin(_ names: [EntryName]) {
    state.withLock { $0.table.pin(names) }
  }

  /// Lets entries be evicted again.
  package func unpin(_ names: [EntryName]) {
    state.withLock { $0.table.unpin(names) }
  }

  /// Keeps these entries from being evicted, and no others.
  package func setPins(_ names: Set<EntryName>) {
    state.withLock { $0.table.setPins(names) }
  }
}
