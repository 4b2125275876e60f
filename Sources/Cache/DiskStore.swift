package import Files
import Synchronization

/// Entries of bytes in a folder, the least recently used of which go when the budget is full.
///
/// An entry is there whole or not at all, also after a kill or a loss of power, and what is served
/// has been verified: a file that is not what was written counts as damaged, is removed, and is
/// absent to the caller. A disk that is full or may not be written to costs what was to be
/// kept, never an answer. Every call blocks; callers run it on threads of their own.
package final class DiskStore: Sendable {
  /// What became of an entry that was to be kept.
  package enum Outcome: Sendable, Hashable {
    case stored
    /// The entry exceeds the budget, or what others are writing leaves too little of it.
    case noRoom
    /// The system refused; `code` is its `errno`.
    case failed(code: Int32)
  }

  package struct Counts: Sendable, Hashable {
    package var hits = 0
    package var misses = 0
    package var stored = 0
    package var refused = 0
    package var failedReads = 0
    package var failedWrites = 0
    package var evicted = 0
    /// Files removed because they were not what was written here.
    package var damaged = 0
  }

  struct Record: Sendable {
    let payload: Int
    /// Tells one writing of an entry from the next.
    let writing: Int
    /// When its file was last marked as used, in nanoseconds since 1970.
    var stamped: Int
  }

  struct State: Sendable {
    var table: LeastRecentlyUsed<EntryName, Record>
    var counts = Counts()
    var writings = 0
  }

  /// The largest budget; a larger one is this one.
  package static let largestBudget = 1 << 50
  /// Entries of any size, some hundred bytes of memory each.
  package static let entryLimit = 1 << 18
  /// Nanoseconds for which a file's mark of use is young enough.
  package static let markLife = 60_000_000_000

  package let budget: Int
  let folder: StoreFolder
  let now: @Sendable () -> Int
  /// The table is the folder's truth: names of entries appear and vanish under this lock alone,
  /// while bytes are read and written without it.
  let state: Mutex<State>

  /// Opens a folder as a store, and removes entries that do not fit.
  ///
  /// Files in `namespaces` that are no entries are removed too; anything else stays. `now` gives
  /// nanoseconds since 1970.
  package init(
    at path: String, budget: Int, entries: Int = entryLimit, namespaces: Set<Namespace> = [],
    now: @escaping @Sendable () -> Int = { FileSystem.now() }
  ) throws(StorageError) {
    let limits = LeastRecentlyUsed<EntryName, Record>.Limits(
      bytes: min(budget, DiskStore.largestBudget), entries: entries)
    self.budget = limits.bytes
    self.now = now
    folder = try StoreFolder(claiming: path)
    folder.removeTemporaries()
    let (found, unknownFiles) = folder.scan(removingUnknownFilesFrom: namespaces)
    state = Mutex(State(table: .init(limits: limits)))
    state.withLock { state in
      state.counts.damaged = unknownFiles
      for file in found.sorted(by: { $0.modified < $1.modified }) {
        adopt(file, into: &state)
      }
    }
  }

  /// The id of this folder, made when it is first asked for.
  package func id() throws(FileError) -> Digest { try folder.id() }

  package var counts: Counts { state.withLock { $0.counts } }
  /// Bytes that the entries take on the disk, and those that are being written.
  package var totalBytes: Int { state.withLock { $0.table.bytes } }

  /// Whether the folder is there and may be written to, which is asked of the system.
  package var isWritable: Bool { FileSystem.isWritable(folder.path) }

  /// Whether an entry is there; asking is no use of it.
  package func contains(_ key: Digest, in namespace: Namespace) -> Bool {
    state.withLock { $0.table[EntryName(key, in: namespace)] != nil }
  }

  /// The keys of a namespace's entries, in no order; asking is no use of them.
  package func keys(in namespace: Namespace) -> [Digest] {
    state.withLock { state in
      state.table.keys.compactMap { $0.namespace == namespace ? $0.key : nil }
    }
  }

  /// Bytes of an entry's payload; asking is no use of it.
  package func size(of key: Digest, in namespace: Namespace) -> Int? {
    state.withLock { $0.table[EntryName(key, in: namespace)]?.payload }
  }

  /// Removes an entry for good; returns whether it was there and is no more.
  @discardableResult
  package func remove(_ key: Digest, in namespace: Namespace) -> Bool {
    let name = EntryName(key, in: namespace)
    let isRemoved = state.withLock { state in
      state.table[name] != nil && discard(name, from: &state) == nil
    }
    if isRemoved { try? folder.synchronise(name) }
    return isRemoved
  }

  /// Takes in a file that was there before the store was opened.
  private func adopt(_ file: StoreFolder.Found, into state: inout State) {
    let footprint = EntryLayout.footprint(file: file.bytes)
    guard footprint <= budget, let payload = EntryLayout.payloadBytes(file: file.bytes) else {
      try? FileSystem.remove(folder.path(of: file.name))
      state.counts.evicted += 1
      return
    }
    state.writings += 1
    state.table.insert(
      Record(payload: payload, writing: state.writings, stamped: file.modified), for: file.name,
      bytes: footprint)
    while state.table.isOverfull, evictOldest(from: &state) == nil {}
  }

  /// Removes the entry used longest ago; returns why that failed.
  func evictOldest(from state: inout State) -> FileError? {
    guard let oldest = state.table.oldest else { return nil }
    if let failure = discard(oldest, from: &state) { return failure }
    state.counts.evicted += 1
    return nil
  }

  /// Removes an entry's file and its record; both stay when the system refuses.
  func discard(_ name: EntryName, from state: inout State) -> FileError? {
    do throws(FileError) {
      try FileSystem.remove(folder.path(of: name))
    } catch {
      return error
    }
    state.table.remove(name)
    return nil
  }
}
