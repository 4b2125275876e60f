import Backlog
import BacklogSQL
import Dispatch
import Synchronization

/// One call that waits for the writing thread.
struct Call: Sendable {
  enum Kind: Sendable {
    case transaction(Durability)
    /// A copy of everything, in a new file.
    case export(to: String)
    case close

    var durability: Durability {
      if case .transaction(let durability) = self { durability } else { .reading }
    }
  }

  let kind: Kind
  let body: @Sendable (inout SQLBacklog, Timestamp) throws(BacklogError) -> Void
  /// Is told that what `body` did lasts, or why it was undone.
  let end: @Sendable (BacklogError?) -> Void
}

/// The result of a call, on its way from the thread that makes it to the one that waits.
final class CallResult<Value: Sendable>: Sendable {
  private let state = Mutex<(value: Value?, failure: BacklogError?)>((nil, nil))
  private let isEnded = DispatchSemaphore(value: 0)

  /// Takes what a call made, before it is known whether that lasts.
  func make(_ value: Value) { state.withLock { $0.value = value } }

  /// Says that it lasts, or why it does not.
  func end(_ failure: BacklogError?) {
    state.withLock { $0.failure = failure }
    isEnded.signal()
  }

  func wait() throws(BacklogError) -> Value {
    isEnded.wait()
    let (value, failure) = state.withLock { $0 }
    if let failure { throw failure }
    guard let value else { preconditionFailure("a call that ended and made nothing") }
    return value
  }
}
