import Synchronization

/// The reason why a job was refused.
package enum JobError: Error, Hashable, Sendable {
  /// The queue is full; the seconds are a prediction of when there will be room.
  case queueFull(limit: Int, retryAfter: Double)
  /// The system has no memory for the bytes that the job would take.
  case outOfMemory(bytes: Int)
  /// The program is shutting down.
  case closing
}

/// Runs jobs off the cooperative threads, in fair order, at most as many as there are runners.
///
/// Accepted work runs unless its task is cancelled: waiting work then leaves the queue at once,
/// running work has to notice the cancellation itself.
package final class JobQueue: Sendable {
  private typealias Sleeper = CheckedContinuation<Void, any Error>

  /// The queue and its suspended callers, guarded together.
  private struct State {
    var line: AdmissionQueue
    var sleepers: [AdmissionQueue.Ticket: Sleeper] = [:]
    /// Jobs that started before their callers were suspended.
    var called: Set<AdmissionQueue.Ticket> = []
    var isClosing = false

    func fullness(at now: AdmissionQueue.Instant) -> JobError {
      .queueFull(limit: line.limits.waiting, retryAfter: line.predictedRoom(at: now))
    }

    /// Starts all jobs that may start; returns the suspended callers among their owners.
    mutating func startWhoMay(at now: AdmissionQueue.Instant) -> [Sleeper] {
      var awake: [Sleeper] = []
      while let ticket = line.startNext(at: now) {
        if let sleeper = sleepers.removeValue(forKey: ticket) {
          awake.append(sleeper)
        } else {
          called.insert(ticket)
        }
      }
      return awake
    }
  }

  private let state: Mutex<State>
  private let threads: BlockingThreadPool

  /// Threads beside the runners', for short work: reading headers, writing rows.
  static let shortWork = 8

  private let now: @Sendable () -> AdmissionQueue.Instant
  /// The memory of jobs; other queues may share it.
  package let memory: MemoryReserve

  package init(
    limits: AdmissionQueue.Limits, memory: MemoryReserve = MemoryReserve(),
    now: @escaping @Sendable () -> AdmissionQueue.Instant = { ContinuousClock().now }
  ) {
    self.now = now
    self.memory = memory
    state = Mutex(State(line: AdmissionQueue(limits: limits)))
    threads = BlockingThreadPool(limit: limits.runners + JobQueue.shortWork)
  }

  /// The current counts.
  package var counts: (waiting: Int, running: Int, heldBytes: Int) {
    state.withLock { ($0.line.waitingCount, $0.line.runningCount, $0.line.heldBytes) }
  }

  /// The predicted times of waiting jobs, in the order of starting.
  package var forecast: [AdmissionQueue.Forecast] {
    state.withLock { $0.line.forecast(at: now()) }
  }

  /// Predicted seconds until a job of a client ends; 0 when it has none.
  package func predictedEnd(of client: String) -> Double {
    state.withLock { $0.line.predictedEnd(of: client, at: now()) }
  }

  /// The error that a job would get now; `nil` if it would be accepted.
  package var refusal: JobError? {
    state.withLock { state in
      if state.isClosing { return .closing }
      return state.line.isFull ? state.fullness(at: now()) : nil
    }
  }

  /// Accepts no more jobs; accepted ones still run.
  package func close() {
    state.withLock { $0.isClosing = true }
  }

  /// Waits for a runner; the caller must call `finish`, then `release`.
  ///
  /// Throws `JobError`, or `CancellationError` when the caller's task is cancelled while it waits.
  package func enter(_ demand: AdmissionQueue.Demand) async throws -> AdmissionQueue.Ticket {
    try Task.checkCancellation()
    let (ticket, awake) = try state.withLock { state throws(JobError) in
      guard !state.isClosing else { throw .closing }
      guard let ticket = state.line.join(demand) else { throw state.fullness(at: now()) }
      // Under the same lock: a job that starts at once takes no place among those that wait.
      return (ticket, state.startWhoMay(at: now()))
    }
    for sleeper in awake { sleeper.resume() }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { sleeper in
        let isCalled = state.withLock { state in
          if state.called.remove(ticket) != nil { return true }
          state.sleepers[ticket] = sleeper
          return false
        }
        if isCalled {
          sleeper.resume()
        } else if Task.isCancelled {
          leave(ticket)
        }
      }
    } onCancel: {
      leave(ticket)
    }
    return ticket
  }

  /// Ends a job's work, so that the next may start; its bytes stay held until `release`.
  package func finish(_ ticket: AdmissionQueue.Ticket) {
    change { $0.finish(ticket) }
  }

  /// Releases a job's bytes.
  package func release(_ ticket: AdmissionQueue.Ticket) {
    change { $0.release(ticket) }
  }

  /// Runs blocking work on one of the queue's threads.
  package func run<Value: Sendable>(
    _ work: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { caller in
      threads.run { caller.resume(with: Result { try work() }) }
    }
  }

  /// Changes the queue and resumes the callers whose jobs start.
  private func change(_ body: (inout AdmissionQueue) -> Void) {
    let awake = state.withLock { state in
      body(&state.line)
      return state.startWhoMay(at: now())
    }
    for sleeper in awake { sleeper.resume() }
  }

  private func leave(_ ticket: AdmissionQueue.Ticket) {
    let sleeper = state.withLock { state -> Sleeper? in
      guard let sleeper = state.sleepers[ticket], state.line.leave(ticket) else { return nil }
      state.sleepers[ticket] = nil
      return sleeper
    }
    sleeper?.resume(throwing: CancellationError())
    change { _ in }
  }
}
