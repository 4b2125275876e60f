import Encoders
import Scheduling
import Synchronization

/// The answers that are being made, with how far each is.
package final class AnswersUnderWay: Sendable {
  /// An answer that is being made.
  package struct Entry: Sendable, Hashable {
    /// The identifier of its request.
    package let request: String
    /// The share of the work that is done, 0…1; `nil` while none is known, as where another request's
    /// work is waited for.
    package let progress: Double?
  }

  private struct State {
    var works: [Int: (owner: Owner, progress: WorkProgress)] = [:]
    var last = 0
  }

  private let state = Mutex(State())

  /// Lists an answer while it is made.
  func during<Value: Sendable>(
    _ owner: Owner, _ progress: WorkProgress, _ make: () async throws -> Value
  ) async rethrows -> Value {
    let number = state.withLock { state in
      state.last += 1
      state.works[state.last] = (owner, progress)
      return state.last
    }
    defer { state.withLock { $0.works[number] = nil } }
    return try await make()
  }

  /// Those of one client, in the order in which they began.
  package func all(of client: String?) -> [Entry] {
    state.withLock { $0.works }.filter { $0.value.owner.client == client }
      .sorted { $0.key < $1.key }
      .map { _, work in
        let (done, total) = work.progress.blocks
        return Entry(
          request: work.owner.request,
          progress: total > 0 ? min(Double(done) / Double(total), 1) : nil)
      }
  }
}
