import Synchronization

/// Something that may be worth a look.
package enum Hint: Hashable, Sendable {
  /// There may be something to claim.
  case work
  /// A running job is to be cancelled.
  case cancel(JobID)
  /// A job has another version, or is gone.
  case changed(JobID)
  case batchChanged(BatchID)
}

/// Hands hints to all who listen.
package final class HintStreams: Sendable {
  /// Hints that are kept for a slow listener; the newest stay.
  package static let buffer = 4096

  private struct State {
    var listeners: [Int: AsyncStream<Hint>.Continuation] = [:]
    var count = 0
    var isClosed = false
  }

  private let state = Mutex(State())

  package init() {}

  package func stream() -> AsyncStream<Hint> {
    let (stream, listener) = AsyncStream.makeStream(
      of: Hint.self, bufferingPolicy: .bufferingNewest(HintStreams.buffer))
    let number: Int? = state.withLock { state in
      if state.isClosed { return nil }
      state.count += 1
      state.listeners[state.count] = listener
      return state.count
    }
    guard let number else {
      listener.finish()
      return stream
    }
    listener.onTermination = { [weak self] _ in
      self?.state.withLock { $0.listeners[number] = nil }
    }
    return stream
  }

  package func send(_ hints: [Hint]) {
    guard !hints.isEmpty else { return }
    let listeners = state.withLock { Array($0.listeners.values) }
    for listener in listeners {
      for hint in hints { listener.yield(hint) }
    }
  }

  package func close() {
    let listeners = state.withLock { state in
      state.isClosed = true
      return Array(state.listeners.values)
    }
    for listener in listeners { listener.finish() }
  }
}
