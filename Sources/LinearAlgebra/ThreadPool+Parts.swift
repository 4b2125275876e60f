import Synchronization

/// A team, or the caller's own thread where there is none.
extension ThreadPool? {
  /// Threads that may work.
  package var members: Int { self?.members ?? 1 }

  /// Runs `body` for every index below `count`, given also the member, below `members`.
  ///
  /// Without a team they run in order here.
  package func forEach(
    _ count: Int, _ body: @escaping @Sendable (Int, ThreadPool.WorkerIndex) -> Void
  ) {
    guard let team = self else {
      for index in 0..<count { body(index, 0) }
      return
    }
    team.forEach(count, body)
  }

  /// What `body` makes of every index below `count`, in order.
  package func map<Part: Sendable>(
    _ count: Int, _ body: @escaping @Sendable (Int, ThreadPool.WorkerIndex) -> Part
  ) -> [Part] {
    let parts = Parts<Part>(count: count)
    forEach(count) { index, member in
      let part = body(index, member)
      parts.values.withLock { $0[index] = part }
    }
    return parts.values.withLock { $0.compactMap { $0 } }
  }
}

/// Places that threads fill.
private final class Parts<Part: Sendable>: Sendable {
  let values: Mutex<[Part?]>

  init(count: Int) {
    values = Mutex(Array(repeating: nil, count: count))
  }
}
