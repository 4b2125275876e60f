extension JobQueue {
  /// Runs blocking work for every index below `count` and passes the results on in order.
  ///
  /// Later values are computed while one is consumed: at most `ahead` exist at a time, those being
  /// computed included. When the sink or some work throws, no more is started.
  package func inOrder<Value: Sendable>(
    _ count: Int, ahead: Int, _ work: @escaping @Sendable (Int) throws -> Value,
    to sink: (Value) async throws -> Void
  ) async throws {
    precondition(ahead > 0, "\(ahead) values ahead")
    try await withThrowingTaskGroup(of: (Int, Value).self) { group in
      var (begun, taken) = (0, 0)
      var made: [Int: Value] = [:]
      while taken < count {
        while begun < min(count, taken + ahead) {
          group.addTask { [begun] in (begun, try await self.run { try work(begun) }) }
          begun += 1
        }
        while made[taken] == nil, let (index, value) = try await group.next() {
          made[index] = value
        }
        guard let value = made.removeValue(forKey: taken) else { return }
        try await sink(value)
        taken += 1
      }
    }
  }
}
