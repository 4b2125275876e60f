import Synchronization

/// Values in memory, the least recently used of which go when the budget is full.
///
/// The sizes are the callers' word. A value larger than the budget is not kept.
package final class MemoryCache<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  package struct Counts: Sendable, Hashable {
    package var hits = 0
    package var misses = 0
    package var evicted = 0
  }

  private struct State {
    var table: LeastRecentlyUsed<Key, Value>
    var counts = Counts()
  }

  package let budget: Int
  private let state: Mutex<State>

  /// Makes an empty cache; `entries` bounds what the table itself takes.
  package init(budget: Int, entries: Int = 1 << 16) {
    self.budget = budget
    state = Mutex(State(table: .init(limits: .init(bytes: budget, entries: entries))))
  }

  package var counts: Counts { state.withLock { $0.counts } }
  package var totalBytes: Int { state.withLock { $0.table.bytes } }
  package var count: Int { state.withLock { $0.table.count } }

  /// The keys of all values, in no order.
  package var keys: [Key] { state.withLock { $0.table.keys } }

  package func contains(_ key: Key) -> Bool {
    state.withLock { $0.table[key] != nil }
  }

  /// The value kept under a key, which counts as its use.
  package func value(for key: Key) -> Value? {
    state.withLock { state in
      let value = state.table.use(key)
      if value == nil { state.counts.misses += 1 } else { state.counts.hits += 1 }
      return value
    }
  }

  /// Keeps a value in place of a former one; returns whether it fits the budget.
  @discardableResult
  package func keep(_ value: Value, for key: Key, bytes: Int) -> Bool {
    // What leaves the table ends after the lock is open: the end of a large value takes time, and
    // may come back here.
    var leaving: [Value] = []
    return state.withLock { state in
      if let former = state.table.remove(key) { leaving.append(former) }
      guard state.table.couldHold(bytes) else { return false }
      while !state.table.hasRoom(for: bytes), let oldest = state.table.oldest {
        if let value = state.table.remove(oldest) { leaving.append(value) }
        state.counts.evicted += 1
      }
      state.table.insert(value, for: key, bytes: bytes)
      return true
    }
  }

  @discardableResult
  package func remove(_ key: Key) -> Value? {
    state.withLock { $0.table.remove(key) }
  }
}
