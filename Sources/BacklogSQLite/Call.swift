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
final class Answer<Value: Sendable>: Sendable {
  private let result = Mutex<Result<Value, BacklogError>?>(nil)
  private let isGiven = DispatchSemaphore(value: 0)

  func give(_ given: Result<Value, BacklogError>) {
    result.withLock { $0 = given }
    isGiven.signal()
  }

  func wait() throws(BacklogError) -> Value {
    isGiven.wait()
    guard let result = result.withLock({ $0 }) else {
      preconditionFailure("a result that was not given")
    }
    return try result.get()
  }
}
