extension BlockingThreadPool {
  /// Runs blocking work for a task, which waits meanwhile.
  package func result<Value: Sendable, Failure: Error>(
    _ work: @escaping @Sendable () throws(Failure) -> Value
  ) async throws(Failure) -> Value {
    let result = await withCheckedContinuation {
      (caller: CheckedContinuation<Result<Value, Failure>, Never>) in
      run { caller.resume(returning: Result { () throws(Failure) in try work() }) }
    }
    return try result.get()
  }
}
