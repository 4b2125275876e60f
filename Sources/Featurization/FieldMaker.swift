import Files
import Scheduling
import Synchronization

/// Makes fields for clients who do not wait, each in a task that outlives the request.
///
/// It performs what `FieldsUnderWay` decides.
final class FieldMaker: Sendable {
  private typealias Waiter = CheckedContinuation<Void, Never>

  private struct State {
    var fields: FieldsUnderWay
    var tasks: [Int: Task<Void, Never>] = [:]
    /// Those who wait for a field's end, by number.
    var waiters: [Digest: [Int: Waiter]] = [:]
    var lastWaiter = 0

    /// Those who wait for a field, who are to be resumed.
    mutating func takeWaiters(_ id: Digest) -> [Waiter] {
      waiters.removeValue(forKey: id).map { Array($0.values) } ?? []
    }
  }

  private let state: Mutex<State>
  private let now: @Sendable () -> ContinuousClock.Instant

  init(
    limits: FieldsUnderWay.Limits,
    now: @escaping @Sendable () -> ContinuousClock.Instant = { .now }
  ) {
    state = Mutex(State(fields: FieldsUnderWay(limits: limits)))
    self.now = now
  }

  func making(_ id: Digest) -> FieldsUnderWay.Making? {
    state.withLock { $0.fields.making(id) }
  }

  func failure(_ id: Digest) -> FieldsUnderWay.Failure? {
    state.withLock { $0.fields.failure(id, at: now()) }
  }

  func forget(_ id: Digest) { state.withLock { $0.fields.forget(id) } }

  /// Begins to make a field, or joins a client to those who want it; returns whether there is room.
  ///
  /// `charge` is held until the field is made or given up.
  func begin(
    _ record: FieldRecord, _ plan: Plan, for client: String?, holding charge: (any Sendable)?,
    _ make: @escaping @Sendable () async throws -> Void
  ) -> Bool {
    state.withLock { state in
      switch state.fields.begin(record, plan, for: client, holding: charge) {
      case .full: return false
      case .joined: return true
      case .started(let number):
        state.tasks[number] = Task { [self] in
          do {
            try await make()
            end(record.name, number, nil)
          } catch {
            end(record.name, number, error)
          }
        }
        return true
      }
    }
  }

  /// Withdraws a client's wish for a field.
  func leave(_ id: Digest, _ client: String?) -> FieldsUnderWay.Leaving {
    // What a client is charged ends after the lock is open.
    let (leaving, task, waiters, former) = state.withLock { state in
      let former = state.fields.making(id)
      let leaving = state.fields.leave(id, client, at: now())
      guard case .cancel(let number) = leaving else {
        return (leaving, nil as Task<Void, Never>?, [] as [Waiter], former)
      }
      return (leaving, state.tasks.removeValue(forKey: number), state.takeWaiters(id), former)
    }
    task?.cancel()
    for waiter in waiters { waiter.resume() }
    withExtendedLifetime(former) {}
    return leaving
  }

  private func end(_ id: Digest, _ number: Int, _ error: (any Error)?) {
    let (waiters, former) = state.withLock { state in
      let former = state.fields.making(id)
      state.tasks[number] = nil
      let isEnd = state.fields.end(id, number, error, at: now())
      return (isEnd ? state.takeWaiters(id) : [], former)
    }
    for waiter in waiters { waiter.resume() }
    withExtendedLifetime(former) {}
  }

  /// Waits until a field is no longer being made, for a time at most.
  func settled(_ id: Digest, within limit: Duration) async {
    let number = state.withLock { state in
      state.lastWaiter += 1
      return state.lastWaiter
    }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { await self.wait(for: id, as: number) }
      group.addTask { try? await Task.sleep(for: limit) }
      await group.next()
      group.cancelAll()
    }
  }

  private func wait(for id: Digest, as number: Int) async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { waiter in
        let waits = state.withLock { state in
          guard state.fields.making(id) != nil, !Task.isCancelled else { return false }
          state.waiters[id, default: [:]][number] = waiter
          return true
        }
        if !waits { waiter.resume() }
      }
    } onCancel: {
      let waiter = state.withLock { state -> Waiter? in
        let waiter = state.waiters[id]?.removeValue(forKey: number)
        if state.waiters[id]?.isEmpty == true { state.waiters[id] = nil }
        return waiter
      }
      waiter?.resume()
    }
  }
}
