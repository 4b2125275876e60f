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
  struct State {
    var waiting: [Call] = []
    var isServed = false
    var failure: BacklogError?
    var clocks = ClockAgreement()
  }

  let policy: BacklogPolicy
  let file: SQLiteFile
  let now: @Sendable () -> Timestamp
  private let steady: @Sendable () -> Double
  let random: @Sendable (Int) -> [UInt8]
  let seam: @Sendable (Seam) -> Void
  let state = Mutex(State())
  private let thread = BlockingThreadPool(limit: 1)
  let listeners = HintStreams()
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
    file = try SQLiteFile(at: path, identity: randomBytes(16))
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
    let result = CallResult<Value>()
    try enter(
      Call(kind: .transaction(durability)) { backlog, now throws(BacklogError) in
        result.make(try body(&backlog, now))
      } end: {
        result.end($0)
      })
    return try result.wait()
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
  ///
  /// Throws `away` where that cannot be written, `noRoom` where its disk is full.
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
    let result = CallResult<Void>()
    result.make(())
    try enter(Call(kind: kind, body: { _, _ in }, end: { result.end($0) }))
    try result.wait()
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
}
