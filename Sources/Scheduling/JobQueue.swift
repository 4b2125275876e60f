import Foundation
import Synchronization

/// Runs jobs off the cooperative threads, in fair order, at most as many as there are runners.
///
/// Accepted work runs unless its task is cancelled: waiting work then leaves the queue at once,
/// running work has to notice the cancellation itself.
package final class JobQueue: Sendable {
  /// The suspended caller of a waiting job.
  private struct Sleeper {
    let waiter: CheckedContinuation<Void, any Error>
    /// Ends the wait when the job has waited for too long.
    let timer: Task<Void, Never>?

    func wake(_ result: Result<Void, any Error> = .success(())) {
      timer?.cancel()
      waiter.resume(with: result)
    }
  }

  /// The queue and its suspended callers, guarded together.
  private struct State {
    var line: AdmissionQueue
    var sleepers: [AdmissionQueue.Ticket: Sleeper] = [:]
    /// Jobs that started before their callers were suspended.
    var called: Set<AdmissionQueue.Ticket> = []
    var isClosing = false

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

  package let limits: AdmissionQueue.Limits
  private let state: Mutex<State>
  private let threads: BlockingThreadPool

  /// Threads beside the runners', for short work: reading headers, writing rows.
  static let shortWork = 8

  /// The most threads of one client, as many as there are processors: more would end its work no
  /// sooner, and every other's later.
  static let share = max(4, ProcessInfo.processInfo.activeProcessorCount)

  private let purpose: Purpose
  private let now: @Sendable () -> AdmissionQueue.Instant
  private let sleep: @Sendable (AdmissionQueue.Instant) async throws -> Void
  /// The memory of jobs; other queues may share it.
  package let memory: MemoryReserve

  /// `sleep` returns at the given time.
  package init(
    for purpose: Purpose = .encoding, limits: AdmissionQueue.Limits,
    memory: MemoryReserve = MemoryReserve(),
    now: @escaping @Sendable () -> AdmissionQueue.Instant = { ContinuousClock().now },
    sleep: @escaping @Sendable (AdmissionQueue.Instant) async throws -> Void = {
      try await ContinuousClock().sleep(until: $0)
    }
  ) {
    self.purpose = purpose
    self.limits = limits
    self.now = now
    self.sleep = sleep
    self.memory = memory
    state = Mutex(State(line: AdmissionQueue(limits: limits)))
    let limit = limits.runners + JobQueue.shortWork
    threads = BlockingThreadPool(limit: limit, ofOne: min(limit - 1, JobQueue.share))
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
      return state.line.isFull ? fullness(of: state.line) : nil
    }
  }

  /// Accepts no more jobs; accepted ones still run.
  package func close() {
    state.withLock { $0.isClosing = true }
  }

  /// Waits for a runner; the caller must call `finish`, then `release`.
  ///
  /// Throws `JobError`, also after too long a wait, or `CancellationError` when the caller's task is
  /// cancelled while it waits.
  package func enter(_ demand: AdmissionQueue.Demand) async throws -> AdmissionQueue.Ticket {
    try Task.checkCancellation()
    let (ticket, awake) = try state.withLock { state throws(JobError) in
      guard !state.isClosing else { throw .closing }
      guard let ticket = state.line.join(demand, at: now()) else {
        throw fullness(of: state.line)
      }
      // Under the same lock: a job that starts at once takes no place among those that wait.
      return (ticket, state.startWhoMay(at: now()))
    }
    for sleeper in awake { sleeper.wake() }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { (waiter: CheckedContinuation<Void, any Error>) in
        let isCalled = state.withLock { state in
          if state.called.remove(ticket) != nil { return true }
          let timer = state.line.deadline(of: ticket).map { self.timer(for: ticket, at: $0) }
          state.sleepers[ticket] = Sleeper(waiter: waiter, timer: timer)
          return false
        }
        if isCalled {
          waiter.resume()
        } else if Task.isCancelled {
          leave(ticket, CancellationError())
        }
      }
    } onCancel: {
      leave(ticket, CancellationError())
    }
    return ticket
  }

  /// Starts a job without waiting; `nil` when others wait, or when its bytes do not fit a share of
  /// the budget.
  package func enterAtOnce(_ demand: AdmissionQueue.Demand, share: Double = 1) -> AdmissionQueue
    .Ticket?
  {
    state.withLock { state in
      let most = Int(share * Double(limits.heldBytes))
      guard demand.bytes <= most - state.line.heldBytes else { return nil }
      return state.line.startAtOnce(demand, at: now())
    }
  }

  /// Ends a job's work, so that the next may start; its bytes stay held until `release`.
  package func finish(_ ticket: AdmissionQueue.Ticket) {
    change { $0.finish(ticket) }
  }

  /// Releases a job's bytes, down to as many as are still held.
  package func shrink(_ ticket: AdmissionQueue.Ticket, to bytes: Int) {
    change { $0.shrink(ticket, to: bytes) }
  }

  /// Releases a job's bytes.
  package func release(_ ticket: AdmissionQueue.Ticket) {
    change { $0.release(ticket) }
  }

  /// Runs blocking work on one of the queue's threads; clients take turns.
  package func run<Value: Sendable>(
    for owner: Owner = .anonymous, _ work: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    let outcome = Outcome<Value>()
    await withCheckedContinuation { caller in
      threads.run(for: owner.turn) {
        outcome.give(Result { try work() })
        caller.resume()
      }
    }
    return try outcome.take().get()
  }

  /// Changes the queue and resumes the callers whose jobs start.
  private func change(_ body: (inout AdmissionQueue) -> Void) {
    let awake = state.withLock { state in
      body(&state.line)
      return state.startWhoMay(at: now())
    }
    for sleeper in awake { sleeper.wake() }
  }

  private func fullness(of line: AdmissionQueue) -> JobError {
    .queueFull(purpose, limits, retryAfter: line.predictedRoom(at: now()))
  }

  private func timer(
    for ticket: AdmissionQueue.Ticket, at deadline: AdmissionQueue.Instant
  ) -> Task<Void, Never> {
    Task { [self] in
      guard (try? await sleep(deadline)) != nil else { return }
      leave(ticket, JobError.waitedTooLong(purpose, limits))
    }
  }

  /// Ends the wait of a job that has not started.
  private func leave(_ ticket: AdmissionQueue.Ticket, _ reason: any Error) {
    let sleeper = state.withLock { state -> Sleeper? in
      guard let sleeper = state.sleepers[ticket], state.line.leave(ticket) else { return nil }
      state.sleepers[ticket] = nil
      return sleeper
    }
    sleeper?.wake(.failure(reason))
    change { _ in }
  }
}
