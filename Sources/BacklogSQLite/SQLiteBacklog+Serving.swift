import Backlog
import BacklogSQL
import Synchronization

extension SQLiteBacklog {
  /// Most calls of one transaction.
  private static let largestGroup = 256

  /// Performs all that waits, on the thread.
  func serve() {
    while let calls = next() {
      switch calls[0].kind {
      case .transaction: perform(calls)
      case .export(let path):
        calls[0].end(export(to: path))
      case .close:
        file.close()
        calls[0].end(nil)
      }
    }
  }

  /// Why nothing could be written there, which says nothing about the backlog itself.
  private func export(to path: String) -> BacklogError? {
    do throws(BacklogError) {
      _ = try file.execute("VACUUM INTO $1", .text(path))
      return nil
    } catch .broken(let reason) {
      return .away(reason: reason)
    } catch {
      return error
    }
  }

  /// The calls that share the next transaction.
  private func next() -> [Call]? {
    state.withLock { state in
      let transactions = state.waiting.prefix {
        if case .transaction = $0.kind { true } else { false }
      }
      let count = min(max(transactions.count, 1), SQLiteBacklog.largestGroup)
      let calls = Array(state.waiting.prefix(count))
      state.waiting.removeFirst(calls.count)
      if calls.isEmpty { state.isServed = false }
      return calls.isEmpty ? nil : calls
    }
  }

  private func perform(_ calls: [Call]) {
    if let failure, failure != .closed {
      for call in calls { call.end(failure) }
      return
    }
    do throws(BacklogError) {
      let (refusals, hints) = try commit(calls)
      listeners.send(hints)
      for (call, refusal) in zip(calls, refusals) { call.end(refusal) }
    } catch {
      do throws(BacklogError) { try file.rollBack() } catch { fail(error) }
      if error == .noRoom, calls.count > 1 {
        // One of them needs more room than others.
        for call in calls { perform([call]) }
        return
      }
      if error != .noRoom { fail(error) }
      for call in calls { call.end(error) }
    }
  }

  /// Performs calls in one transaction; those that are refused are undone alone.
  private func commit(
    _ calls: [Call]
  ) throws(BacklogError) -> (refusals: [BacklogError?], hints: [Hint]) {
    seam(.before)
    try file.begin(calls.map(\.kind.durability).max() ?? .reading)
    var (refusals, hints): ([BacklogError?], [Hint]) = ([], [])
    for call in calls {
      var backlog = SQLBacklog(policy: policy, session: file, random: random)
      _ = try file.execute("SAVEPOINT call")
      do throws(BacklogError) {
        try call.body(&backlog, now())
        refusals.append(nil)
        hints += backlog.hints
      } catch {
        if error.isOfDatabase { throw error }
        _ = try file.execute("ROLLBACK TO call")
        refusals.append(error)
      }
      _ = try file.execute("RELEASE call")
    }
    seam(.written)
    try file.commit()
    seam(.committed)
    return (refusals, hints)
  }

  /// Stops acknowledging for good.
  private func fail(_ failure: BacklogError) {
    state.withLock { $0.failure = failure }
  }
}

extension BacklogError {
  /// Whether it is about the whole database, not about one call.
  fileprivate var isOfDatabase: Bool {
    switch self {
    case .noRoom, .away, .broken, .closed: true
    case .keyReused, .ownerFull, .full, .tooManyJobs, .newerSchema, .networkFileSystem, .inUse:
      false
    }
  }
}
