import Synchronization

/// Computes a value once for all who ask for it at the same time.
///
/// All of them get the same value or the same error. Who is cancelled leaves at once with
/// `CancellationError`; the computation is cancelled when the last has left, and whoever asks after
/// that starts a new one. Nothing is kept afterwards.
package final class SingleFlight<Key: Hashable & Sendable, Value: Sendable>: Sendable {
  private typealias Waiter = CheckedContinuation<Value, any Error>

  private struct Flight {
    let number: Int
    let task: Task<Void, Never>
    var waiters: [Int: Waiter]
  }

  /// What is being computed, and for whom.
  private struct State {
    var flights: [Key: Flight] = [:]
    /// Of flights and waiters, so that none is taken for an earlier one.
    var lastNumber = 0

    mutating func nextNumber() -> Int {
      lastNumber += 1
      return lastNumber
    }
  }

  private let state = Mutex(State())

  package init() {}

  /// Computations under way.
  package var count: Int { state.withLock { $0.flights.count } }

  /// Those who wait for them.
  package var waiterCount: Int {
    state.withLock { $0.flights.values.reduce(0) { $0 + $1.waiters.count } }
  }

  /// Waits for the value of a key; `compute` is called unless somebody's is under way.
  package func value(
    for key: Key, _ compute: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    try Task.checkCancellation()
    let number = state.withLock { $0.nextNumber() }
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { waiter in
        join(key, as: number, waiter, compute)
        // Cancelled before there was anybody to leave.
        if Task.isCancelled { leave(key, as: number) }
      }
    } onCancel: {
      leave(key, as: number)
    }
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
      // Of no group: the computation outlives whoever asked first, while others wait for it.
      let task = Task {
        let result: Result<Value, any Error>
        do { result = .success(try await compute()) } catch { result = .failure(error) }
        self.land(key, number, result)
      }
      state.flights[key] = Flight(number: number, task: task, waiters: [number: waiter])
    }
  }

  /// Hands a result to all who wait for it.
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
