import Synchronization

/// Computes a value once for all callers that ask at the same time.
///
/// All of them get the same value or the same error. A cancelled caller leaves at once with
/// `CancellationError`; the computation is cancelled when the last one has left, and a later caller
/// starts a new one. Nothing is kept afterwards.
package final class SingleFlight<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private typealias Waiter = CheckedContinuation<Value, any Error>

  private struct Flight {
    let number: Int
    let task: Task<Void, Never>
    var waiters: [Int: Waiter]
  }

  /// Computations in progress, with their callers.
  private struct State {
    var flights: [Key: Flight] = [:]
    /// The last number given to a flight or waiter; numbers are never reused.
    var lastNumber = 0

    mutating func nextNumber() -> Int {
      lastNumber += 1
      return lastNumber
    }
  }

  private let state = Mutex(State())

  package init() {}

  /// The number of computations in progress.
  package var count: Int { state.withLock { $0.flights.count } }

  /// The number of waiting callers.
  package var waiterCount: Int {
    state.withLock { $0.flights.values.reduce(0) { $0 + $1.waiters.count } }
  }

  /// Waits for the value of a key; `compute` is called unless one is in progress.
  package func value(
    for key: Key, _ compute: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    try Task.checkCancellation()
    let number = state.withLock { $0.nextNumber() }
    let value = try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { waiter in
        join(key, as: number, waiter, compute)
        // The cancellation handler ran before the waiter was added.
        if Task.isCancelled { leave(key, as: number) }
      }
    } onCancel: {
      leave(key, as: number)
    }
    // As in `Outcome`: the task that landed the value has held the lock before.
    state.withLock { _ in }
    return value
  }

  private func join(
    _ key: Key, as number: Int, _ waiter: Waiter,
    _ compute: @escaping @Sendable () async throws -> Value
  ) {
    state.withLock { state in
      guard state.flights[key] == nil else {
        state.flights[key]?.waiters[number] = waiter
        return
      }
      // An unstructured task: it outlives its first caller while others wait for it.
      let task = Task {
        let result: Result<Value, any Error>
        do { result = .success(try await compute()) } catch { result = .failure(error) }
        self.land(key, number, result)
      }
      state.flights[key] = Flight(number: number, task: task, waiters: [number: waiter])
    }
  }

  /// Resumes all waiting callers with a result.
  private func land(_ key: Key, _ number: Int, _ result: Result<Value, any Error>) {
    let waiters = state.withLock { state -> [Waiter] in
      guard let flight = state.flights[key], flight.number == number else { return [] }
      state.flights[key] = nil
      return Array(flight.waiters.values)
    }
    for waiter in waiters { waiter.resume(with: result) }
  }

  private func leave(_ key: Key, as number: Int) {
    let (waiter, abandoned) = state.withLock { state -> (Waiter?, Task<Void, Never>?) in
      guard let waiter = state.flights[key]?.waiters.removeValue(forKey: number) else {
        return (nil, nil)
      }
      guard state.flights[key]?.waiters.isEmpty == true else { return (waiter, nil) }
      return (waiter, state.flights.removeValue(forKey: key)?.task)
    }
    abandoned?.cancel()
    waiter?.resume(throwing: CancellationError())
  }
}
