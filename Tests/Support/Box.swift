import Synchronization

/// A value that one task sets and another looks at, or waits for.
package final class Box<Value: Sendable>: Sendable {
  /// One who waits until the value is as it should be.
  private struct Waiter: Sendable {
    let holds: @Sendable (Value) -> Bool
    let continuation: CheckedContinuation<Bool, Never>
  }

  private struct State: Sendable {
    var value: Value
    var waiters: [Int: Waiter] = [:]
    var lastNumber = 0
  }

  private let state: Mutex<State>

  package init(_ value: Value) {
    state = Mutex(State(value: value))
  }

  package var value: Value {
    get { state.withLock { $0.value } }
    set { update { $0 = newValue } }
  }

  /// Looks at it while no other task changes it.
  package func read<Result>(_ look: (Value) -> Result) -> Result {
    state.withLock { state in look(state.value) }
  }

  package func update(_ change: (inout Value) -> Void) {
    let done = state.withLock { state in
      change(&state.value)
      let done = state.waiters.filter { $0.value.holds(state.value) }
      for number in done.keys { state.waiters[number] = nil }
      return done
    }
    for waiter in done.values { waiter.continuation.resume(returning: true) }
  }

  /// Waits for a change that makes the value hold; returns whether it came.
  ///
  /// The limit is for what never comes: however slow the machine, it is not met by what does.
  package func until(
    within limit: Duration = .seconds(60), _ holds: @escaping @Sendable (Value) -> Bool
  ) async -> Bool {
    await withTaskGroup(of: Bool.self) { group in
      group.addTask { await self.wait(holds) }
      group.addTask {
        try? await Task.sleep(for: limit)
        return false
      }
      defer { group.cancelAll() }
      return await group.next() ?? false
    }
  }

  private func wait(_ holds: @escaping @Sendable (Value) -> Bool) async -> Bool {
    let number = state.withLock { state in
      state.lastNumber += 1
      return state.lastNumber
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let known: Bool? = state.withLock { state in
          if holds(state.value) { return true }
          if Task.isCancelled { return false }
          state.waiters[number] = Waiter(holds: holds, continuation: continuation)
          return nil
        }
        if let known { continuation.resume(returning: known) }
      }
    } onCancel: {
      let waiter = state.withLock { $0.waiters.removeValue(forKey: number) }
      waiter?.continuation.resume(returning: false)
    }
  }
}
