import Synchronization

/// A result on its way from the thread that makes it to the task that waits for it.
///
/// The lock orders one before the other, which a continuation does as well, but unseen by the thread
/// sanitizer when the result is there before the task waits.
final class Outcome<Value: Sendable>: Sendable {
  private let result = Mutex<Result<Value, any Error>?>(nil)

  func give(_ made: Result<Value, any Error>) {
    result.withLock { $0 = made }
  }

  /// The result, which was given before and is held no longer.
  func take() -> Result<Value, any Error> {
    let taken = result.withLock { result in
      defer { result = nil }
      return result
    }
    guard let taken else { preconditionFailure("a result that was not given") }
    return taken
  }
}
