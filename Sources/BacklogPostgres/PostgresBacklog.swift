package import Backlog
package import BacklogSQL
import Files
import Synchronization

/// A backlog on a PostgreSQL server, for as many processes as want to share it.
///
/// It has one connection for its calls, without session state, so that a pooler of transactions may
/// lie between. All times are of the server's clock.
package final class PostgresBacklog: SQLTransactions {
  private struct State {
    var connection: PostgresConnection?
    var attempts = Attempts()
  }

  /// What a sweep may do.
  private struct Judgement {
    var right: SweepRight
    var clocks = ClockAgreement()
  }

  /// Times that a transaction is repeated when it meets others.
  private static let repetitions = 5

  private let address: String
  private let policy: BacklogPolicy
  private let random: @Sendable (Int) -> [UInt8]
  /// Replaces the server's time, for tests alone.
  private let now: (@Sendable () -> Timestamp)?
  private let steady: @Sendable () -> Double
  private let seam: @Sendable (Seam) -> Void
  private let state = Mutex(State())
  private let judgement: Mutex<Judgement>
  private let isClosed = Atomic(false)
  private let listeners = HintStreams()
  private let ear: Ear?

  /// Connects, and makes the tables where there are none.
  ///
  /// Where it does not listen, it learns from others only by looking.
  package init(
    at address: String, policy: BacklogPolicy, listens: Bool = true,
    sweepsAfter: Double = SweepRight.usualDelay,
    now: (@Sendable () -> Timestamp)? = nil,
    steady: @escaping @Sendable () -> Double = ClockAgreement.steady,
    random: @escaping @Sendable (Int) -> [UInt8] = { randomBytes($0) },
    seam: @escaping @Sendable (Seam) -> Void = { _ in }
  ) throws(BacklogError) {
    (self.address, self.policy, self.random) = (address, policy, random)
    (self.now, self.steady, self.seam) = (now, steady, seam)
    judgement = Mutex(Judgement(right: SweepRight(delay: sweepsAfter)))
    let listeners = listeners
    ear = listens ? Ear(at: address) { listeners.send($0) } : nil
    try run(.durable) { session, _ throws(BacklogError) in
      try PostgresSchema.migrate(session, identity: randomBytes(16))
    }
    // Not before: nobody would close that of a backlog that could not be opened.
    ear?.start()
  }

  package var failure: BacklogError? { isClosed.load(ordering: .relaxed) ? .closed : nil }

  package func transaction<Value: Sendable>(
    _ durability: Durability,
    _ body: @escaping @Sendable (inout SQLBacklog, Timestamp) throws(BacklogError) -> Value
  ) throws(BacklogError) -> Value {
    let (value, hints) = try run(durability) { session, now throws(BacklogError) in
      var backlog = SQLBacklog(policy: policy, session: session, random: random)
      let value = try body(&backlog, now)
      return (value, backlog.hints)
    }
    listeners.send(hints)
    ear?.tell(hints)
    return value
  }

  /// The id of these tables, made with them.
  package func identity() throws(BacklogError) -> String {
    try transaction(.reading) { backlog, _ throws(BacklogError) in
      let rows = try backlog.execute("SELECT value FROM house WHERE key = 'house'")
      guard let id = rows.first?.text(0) else { throw .broken(reason: "tables without an id") }
      return id
    }
  }

  package func beat(
    _ worker: Incarnation, _ progress: [JobProgress]
  ) throws(BacklogError) -> Verdict {
    do throws(BacklogError) {
      let verdict = try transaction(.lax) { backlog, now throws(BacklogError) in
        try backlog.beat(worker, progress, at: now)
      }
      judgement.withLock {
        if verdict == .gone { $0.right.lose() } else { $0.right.beat(at: steady(), isHeard: true) }
      }
      return verdict
    } catch {
      judgement.withLock { $0.right.beat(at: steady(), isHeard: false) }
      throw error
    }
  }

  /// Only who has been heard for some time may say that others are not, and not soon after a restart
  /// of the server: else the first to come back would find everybody silent.
  package func sweep() throws(BacklogError) -> Swept {
    let (mayJudge, delay) = judgement.withLock {
      ($0.right.mayJudge(at: steady()), $0.right.delay)
    }
    return try transaction(.lax) { backlog, now throws(BacklogError) in
      let rows = try backlog.execute(
        """
        SELECT pg_try_advisory_xact_lock(8472)::int,
          (pg_postmaster_start_time() <= clock_timestamp() - $1 * interval '1 second')::int
        """, .real(delay))
      guard rows.first?.integer(0) == 1 else { return Swept() }
      let isSound = self.judgement.withLock {
        $0.clocks.agree(wall: now, steady: self.steady())
      }
      return try backlog.sweep(
        at: now, judges: mayJudge && rows.first?.integer(1) == 1, deletes: isSound)
    }
  }

  package func hints() -> AsyncStream<Hint> { listeners.stream() }

  package func close() {
    isClosed.store(true, ordering: .relaxed)
    ear?.close()
    listeners.close()
    state.withLock { $0.connection = nil }
  }

  /// Runs a transaction, again where it met others or an old connection was lost.
  private func run<Value>(
    _ durability: Durability,
    _ body: (PostgresSession, Timestamp) throws(BacklogError) -> Value
  ) throws(BacklogError) -> Value {
    try state.withLock { state throws(BacklogError) in
      if let failure { throw failure }
      var failures = 0
      while true {
        let isNew = state.connection == nil
        let session = PostgresSession(try connected(&state))
        var isCommitting = false
        do throws(BacklogError) {
          seam(.before)
          let now = try session.begin(durability)
          let value = try body(session, self.now?() ?? now)
          seam(.written)
          isCommitting = true
          try session.commit()
          seam(.committed)
          return value
        } catch {
          if !session.rollBack() { state.connection = nil }
          failures += 1
          guard let refusal = session.refusal, failures <= PostgresBacklog.repetitions else {
            throw error
          }
          // Whether a commit without an answer happened is unknown: the caller repeats what may be.
          let isLost = refusal.isAway && !isNew && !isCommitting
          guard refusal.isConflict || isLost else { throw error }
          if isLost { state.connection = nil }
        }
      }
    }
  }

  private func connected(_ state: inout State) throws(BacklogError) -> PostgresConnection {
    if let connection = state.connection { return connection }
    guard state.attempts.mayTry(at: steady()) else {
      throw .away(reason: "PostgreSQL: no connection; it is tried again soon")
    }
    do throws(PostgresError) {
      let connection = try PostgresConnection(to: address)
      state.attempts.succeeded()
      state.connection = connection
      return connection
    } catch {
      state.attempts.failed(at: steady(), chance: Double.random(in: 0..<1))
      throw error.backlogError
    }
  }
}
