package import Backlog
import Synchronization

/// Wakes those who look after a job or a batch.
///
/// A wake says that it may be worth a look, and nothing else: who is woken reads what there is.
/// Every waker is woken at each tick too, so that a lost hint only makes a look later.
package final class JobWatch: Sendable {
  package enum Subject: Hashable, Sendable {
    case job(JobID)
    case batch(BatchID)
  }

  package enum Wake: Hashable, Sendable {
    case changed
    case tick
    /// The server ends.
    case drain
  }

  /// The time from one tick to the next.
  package static let tick = Duration.seconds(1)

  private struct State {
    var watchers: [Int: (subject: Subject, stream: AsyncStream<Wake>.Continuation)] = [:]
    var numbers: [Subject: Set<Int>] = [:]
    var last = 0
    var isDraining = false
  }

  private let state = Mutex(State())

  package init() {}

  /// Those who look on.
  package var count: Int { state.withLock { $0.watchers.count } }

  /// A stream of wakes, which ends when it is let go.
  ///
  /// What changed before this returns is seen by a look after it.
  package func wakes(of subject: Subject) -> AsyncStream<Wake> {
    let (stream, watcher) = AsyncStream.makeStream(
      of: Wake.self, bufferingPolicy: .bufferingNewest(2))
    let number = state.withLock { state in
      state.last += 1
      state.watchers[state.last] = (subject, watcher)
      state.numbers[subject, default: []].insert(state.last)
      if state.isDraining { watcher.yield(.drain) }
      return state.last
    }
    watcher.onTermination = { [weak self] _ in self?.forget(number) }
    return stream
  }

  private func forget(_ number: Int) {
    state.withLock { state in
      guard let (subject, _) = state.watchers.removeValue(forKey: number) else { return }
      state.numbers[subject]?.remove(number)
      if state.numbers[subject]?.isEmpty == true { state.numbers[subject] = nil }
    }
  }

  package func wake(_ subject: Subject) {
    let streams = state.withLock { state in
      (state.numbers[subject] ?? []).compactMap { state.watchers[$0]?.stream }
    }
    for stream in streams { stream.yield(.changed) }
  }

  /// Wakes everybody.
  package func wakeAll(_ wake: Wake) {
    let streams = state.withLock { state in
      if wake == .drain { state.isDraining = true }
      return state.watchers.values.map(\.stream)
    }
    for stream in streams { stream.yield(wake) }
  }

  package func wake(_ hint: Hint) {
    switch hint {
    case .work: break
    case .cancel(let job), .changed(let job): wake(.job(job))
    case .batchChanged(let batch): wake(.batch(batch))
    }
  }
}
