package import Backlog
package import BacklogSQL
import Files
import Scheduling
import Synchronization

/// A backlog in a file, of one process.
///
/// One thread has the only connection: it takes all calls that wait into one transaction, so that a
/// burst costs one synchronisation of the disk.
package final class SQLiteBacklog: SQLTransactions {
  private struct State {
    var waiting: [Call] = []
    var isServed = false
    var failure: BacklogError?
    var clocks = ClockAgreement()
  }

  /// Most calls of one transaction.
  private static let largestGroup = 256

  private let policy: BacklogPolicy
  private let file: SQLiteFile
  private let now: @Sendable () -> Timestamp
  private let steady: @Sendable () -> Double
  private let random: @Sendable (Int) -> [UInt8]
  private let seam: @Sendable (Seam) -> Void
  private let state = Mutex(State())
  private let thread = BlockingThreadPool(limit: 1)
  private let listeners = HintStreams()
  /// What of a process that ended before this one was found running.
  package let recovered: Swept

  /// Opens a file, or makes one, in a folder that exists.
  ///
  /// All that ran in another process waits again: that the file is free proves that it has ended.
  package init(
    at path: String, policy: BacklogPolicy,
    now: @escaping @Sendable () -> Timestamp = Timestamp.current,
    steady: @escaping @Sendable () -> Double = ClockAgreement.steady,
    random: @escaping @Sendable (Int) -> [UInt8] = { randomBytes($0) },
    seam: @escaping @Sendable (Seam) -> Void = { _ in }
  ) throws(BacklogError) {
    file = try SQLiteFile(at: path, houseID: randomBytes(16))
    self.policy = policy
    (self.now, self.steady, self.random, self.seam) = (now, steady, random, seam)
    var backlog = SQLBacklog(policy: policy, session: file, random: random)
    try file.begin(.durable)
    recovered = try backlog.loseAll(at: now())
    try file.commit()
  }

  /// Why nothing more is acknowledged, if so.
  package var failure: BacklogError? { state.withLock { $0.failure } }

  /// Calls that wait for the next transaction.
  package var waitingCount: Int { state.withLock { $0.waiting.count } }

  package func transaction<Value: Sendable>(
    _ durability: Durability,
    _ body: @escaping @Sendable (inout SQLBacklog, Timestamp) throws(BacklogError) -> Value
  ) throws(BacklogError) -> Value {
    let (answer, made) = (Answer<Value>(), Made<Value>())
    try enter(
      Call(kind: .transaction(durability)) { backlog, now throws(BacklogError) in
        made.set(try body(&backlog, now))
      } end: { failure in
        answer.give(failure.map { .failure($0) } ?? .success(made.value))
      })
    return try answer.wait()
  }

  package func sweep() throws(BacklogError) -> Swept {
    let isSound = state.withLock { $0.clocks.agree(wall: now(), steady: steady()) }
    return try transaction(.lax) { backlog, now throws(BacklogError) in
      try backlog.sweep(at: now, deletes: isSound)
    }
  }

  /// What SQLite finds wrong with its file.
  package func problems() throws(BacklogError) -> [String] {
    let file = file
    return try transaction(.reading) { _, _ throws(BacklogError) in
      let found = try file.execute("PRAGMA integrity_check").compactMap { $0.text(0) }
      let foreign = try file.execute("PRAGMA foreign_key_check").compactMap { $0.text(0) }
      return found.filter { $0 != "ok" } + foreign.map { "a reference of \($0)" }
    }
  }

  /// Writes all of it to a new file, which any SQLite reads.
  package func export(to path: String) throws(BacklogError) {
    try perform(.export(to: path))
  }

  package func hints() -> AsyncStream<Hint> { listeners.stream() }

  package func close() {
    listeners.close()
    // What waits is done first; a second time there is nothing to do.
    try? perform(.close)
  }

  private func perform(_ kind: Call.Kind) throws(BacklogError) {
    let answer = Answer<Void>()
    try enter(
      Call(kind: kind) { _, _ in
      } end: { failure in
        answer.give(failure.map { .failure($0) } ?? .success(()))
      })
    try answer.wait()
  }

  private func enter(_ call: Call) throws(BacklogError) {
    let starts = try state.withLock { state throws(BacklogError) in
      if let failure = state.failure { throw failure }
      if case .close = call.kind { state.failure = .closed }
      state.waiting.append(call)
      defer { state.isServed = true }
      return !state.isServed
    }
    if starts { thread.run { [self] in serve() } }
  }

  // MARK: On the thread

  private func serve() {
    while let calls = next() {
      switch calls[0].kind {
      case .transaction: perform(calls)
      case .export(let path):
        do throws(BacklogError) {
          _ = try file.execute("VACUUM INTO $1", .text(path))
          calls[0].end(nil)
        } catch {
          // A file that is there already, for example: nothing of this one is in doubt.
          calls[0].end(.noRoom)
        }
      case .close:
        file.close()
        calls[0].end(nil)
      }
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
    default: false
    }
  }
}

/// What a call has made, until it is known whether it lasts.
private final class Made<Value: Sendable>: Sendable {
  private let made = Mutex<Value?>(nil)

  func set(_ value: Value) { made.withLock { $0 = value } }

  var value: Value {
    guard let value = made.withLock({ $0 }) else {
      preconditionFailure("a value that was not made")
    }
    return value
  }
}
