import Synchronization

/// Why a job was not taken in.
package enum JobError: Error, Hashable, Sendable {
  /// So many wait already; the seconds are a guess at when there will be room.
  case queueFull(limit: Int, retryAfter: Double)
  /// The program is about to end.
  case closing
}

/// Runs jobs off the cooperative threads, in order, no more at a time than there are runners.
///
/// Work that was taken in is run unless its task is cancelled: waiting work then leaves the line at
/// once, running work is told by its own means.
package final class JobQueue: Sendable {
  private typealias Sleeper = CheckedContinuation<Void, any Error>

  /// The line and whom to wake, guarded together.
  private struct State {
    var line: WaitingLine
    var sleepers: [WaitingLine.Ticket: Sleeper] = [:]
    /// Started before their owners slept.
    var called: Set<WaitingLine.Ticket> = []
    var isClosing = false

    var fullness: JobError {
      .queueFull(limit: line.limits.waiting, retryAfter: line.predictedWait)
    }

    /// Starts all that may start; returns those of their owners that sleep.
    mutating func startWhoMay() -> [Sleeper] {
      var awake: [Sleeper] = []
      while let ticket = line.startNext() {
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
  private let threads: Threads

  /// Threads beside the runners', for what is short: headers read, rows written.
  static let shortWork = 8

  package init(limits: WaitingLine.Limits) {
    state = Mutex(State(line: WaitingLine(limits: limits)))
    threads = Threads(limit: limits.runners + JobQueue.shortWork)
  }

  /// The counts at this moment.
  package var counts: (waiting: Int, running: Int, heldBytes: Int) {
    state.withLock { ($0.line.waitingCount, $0.line.runningCount, $0.line.heldBytes) }
  }

  /// What a job that came now would be told, if it would not be taken in.
  package var refusal: JobError? {
    state.withLock { state in
      if state.isClosing { return .closing }
      return state.line.isFull ? state.fullness : nil
    }
  }

  /// Takes no more jobs; those taken in are still run.
  package func close() {
    state.withLock { $0.isClosing = true }
  }

  /// Waits for a runner; the place must be given back by `finish`, then `release`.
  ///
  /// Throws `JobError`, or `CancellationError` when the caller's task is cancelled in the line.
  package func enter(_ demand: WaitingLine.Demand) async throws -> WaitingLine.Ticket {
    try Task.checkCancellation()
    let (ticket, awake) = try state.withLock { state throws(JobError) in
      guard !state.isClosing else { throw .closing }
      guard let ticket = state.line.join(demand) else { throw state.fullness }
      // Before anybody else joins: who starts at once takes no place among those that wait.
      return (ticket, state.startWhoMay())
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

  /// The work of a place is done and the next may start; its bytes stay held until `release`.
  package func finish(_ ticket: WaitingLine.Ticket) {
    change { $0.finish(ticket) }
  }

  /// Gives back the bytes of a place.
  package func release(_ ticket: WaitingLine.Ticket) {
    change { $0.release(ticket) }
  }

  /// Runs blocking work on a thread of the queue's own.
  package func run<Value: Sendable>(
    _ work: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { caller in
      threads.run { caller.resume(with: Result { try work() }) }
    }
  }

  /// Changes the line and wakes whoever may start then.
  private func change(_ body: (inout WaitingLine) -> Void) {
    let awake = state.withLock { state in
      body(&state.line)
      return state.startWhoMay()
    }
    for sleeper in awake { sleeper.resume() }
  }

  private func leave(_ ticket: WaitingLine.Ticket) {
    let sleeper = state.withLock { state -> Sleeper? in
      guard let sleeper = state.sleepers[ticket], state.line.leave(ticket) else { return nil }
      state.sleepers[ticket] = nil
      return sleeper
    }
    sleeper?.resume(throwing: CancellationError())
    change { _ in }
  }
}
