package import Files
import Synchronization

/// A backlog in memory alone, for a server that keeps no jobs: they end with the process.
package final class MemoryBacklog: JobBacklog {
  private struct State {
    var model: ModelBacklog
    var clocks = ClockAgreement()
    var isClosed = false
  }

  private let state: Mutex<State>
  private let listeners = HintStreams()
  private let now: @Sendable () -> Timestamp
  /// Seconds of a monotonic clock.
  private let steady: @Sendable () -> Double

  package init(
    policy: BacklogPolicy, now: @escaping @Sendable () -> Timestamp = Timestamp.current,
    steady: @escaping @Sendable () -> Double = ClockAgreement.steady,
    random: @escaping @Sendable (Int) -> [UInt8] = { randomBytes($0) }
  ) {
    (self.now, self.steady) = (now, steady)
    state = Mutex(State(model: ModelBacklog(policy: policy, random: random)))
  }

  /// Makes one change, and tells of it.
  private func change<Value: Sendable>(
    _ body: (inout ModelBacklog, Timestamp) throws(BacklogError) -> Value
  ) throws(BacklogError) -> Value {
    let (value, hints) = try state.withLock { state throws(BacklogError) in
      guard !state.isClosed else { throw .closed }
      let value = try body(&state.model, now())
      return (value, state.model.takeHints())
    }
    listeners.send(hints)
    return value
  }

  package func enqueue(_ submission: Submission) throws(BacklogError) -> Receipt {
    try change { model, now throws(BacklogError) in try model.enqueue(submission, at: now) }
  }

  package func join(_ worker: WorkerCard) throws(BacklogError) -> Incarnation {
    try change { model, now in model.join(worker, at: now) }
  }

  package func leave(_ worker: Incarnation) throws(BacklogError) {
    try change { model, now in model.leave(worker, at: now) }
  }

  package func beat(
    _ worker: Incarnation, _ progress: [JobProgress]
  ) throws(BacklogError) -> Verdict {
    try change { model, now in model.beat(worker, progress, at: now) }
  }

  package func claim(_ worker: Incarnation, _ room: Room) throws(BacklogError) -> [Claim] {
    try change { model, now in model.claim(worker, room, at: now) }
  }

  package func held(by worker: Incarnation) throws(BacklogError) -> [Claim] {
    try change { model, _ in model.claims(of: worker) }
  }

  package func finish(_ claim: Claim, _ outcome: JobOutcome) throws(BacklogError) -> Bool {
    try change { model, now in model.finish(claim, outcome, at: now) }
  }

  package func release(_ claim: Claim) throws(BacklogError) -> Bool {
    try change { model, now in model.release(claim, at: now) }
  }

  package func cancel(_ id: JobID, for scope: JobScope) throws(BacklogError) -> JobDocument? {
    try change { model, now in model.cancel(id, for: scope, at: now) }
  }

  package func forget(
    _ id: JobID, for scope: JobScope
  ) throws(BacklogError) -> Forgetting<JobDocument>? {
    try change { model, _ in model.forget(id, for: scope) }
  }

  package func document(_ id: JobID, for scope: JobScope) throws(BacklogError) -> JobDocument? {
    try change { model, _ in model.document(id, for: scope) }
  }

  package func list(_ query: JobQuery) throws(BacklogError) -> JobPage {
    try change { model, _ in model.list(query) }
  }

  package func ahead(of id: JobID) throws(BacklogError) -> JobsAhead? {
    try change { model, _ in model.ahead(of: id) }
  }

  package func batch(_ id: BatchID, for scope: JobScope) throws(BacklogError) -> BatchDocument? {
    try change { model, _ in model.batch(id, for: scope) }
  }

  package func cancelBatch(
    _ id: BatchID, for scope: JobScope
  ) throws(BacklogError) -> BatchDocument? {
    try change { model, now in model.cancelBatch(id, for: scope, at: now) }
  }

  package func forgetBatch(
    _ id: BatchID, for scope: JobScope
  ) throws(BacklogError) -> Forgetting<BatchDocument>? {
    try change { model, _ in model.forgetBatch(id, for: scope) }
  }

  package func cancelWaiting(of owner: JobOwner) throws(BacklogError) -> Int {
    try change { model, now in model.cancelWaiting(of: owner, at: now) }
  }

  package func sweep() throws(BacklogError) -> Swept {
    let (swept, hints) = try state.withLock { state throws(BacklogError) in
      guard !state.isClosed else { throw .closed }
      let now = now()
      let isSound = state.clocks.agree(wall: now, steady: steady())
      let swept = state.model.sweep(at: now, deletes: isSound)
      return (swept, state.model.takeHints())
    }
    listeners.send(hints)
    return swept
  }

  package func counts() throws(BacklogError) -> BacklogCounts {
    try change { model, _ in model.counts() }
  }

  package func liveCount(of owner: JobOwner) throws(BacklogError) -> Int {
    try change { model, _ in model.liveCount(of: owner) }
  }

  package func liveCount(naming image: Digest) throws(BacklogError) -> Int {
    try change { model, _ in model.liveCount(naming: image) }
  }

  package func pins(after sequence: Int, limit: Int) throws(BacklogError) -> [JobPin] {
    try change { model, _ in model.pins(after: sequence, limit: limit) }
  }

  package var failure: BacklogError? { state.withLock { $0.isClosed ? .closed : nil } }

  package func hints() -> AsyncStream<Hint> { listeners.stream() }

  package func close() {
    state.withLock { $0.isClosed = true }
    listeners.close()
  }
}
