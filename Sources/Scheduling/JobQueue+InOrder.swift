extension JobQueue {
  /// Runs blocking work for one part after another and passes the results on in order; the parts of
  /// several clients take turns.
  ///
  /// Later values are computed while one is consumed. `next` gets the number of parts under way,
  /// those not yet consumed included, and returns another part or `nil`; it is called again after a
  /// value was consumed, and `nil` while none is under way ends the work. `release` gets a part when
  /// its value was consumed: the last reference to it may go a moment later, on another thread. When
  /// the sink or some work throws, no more is started.
  package func inOrder<Part: Sendable, Value: Sendable>(
    for owner: Owner = .anonymous, next: (_ underWay: Int) -> Part?,
    make: @escaping @Sendable (Part) throws -> Value, to sink: (Value) async throws -> Void,
    release: (Part) -> Void = { _ in }
  ) async throws {
    try await withThrowingTaskGroup(of: (Int, Value).self) { group in
      var (begun, taken) = (0, 0)
      var parts: [Int: Part] = [:]
      var made: [Int: Value] = [:]
      while true {
        while let part = next(begun - taken) {
          parts[begun] = part
          group.addTask { [begun] in (begun, try await self.run(for: owner) { try make(part) }) }
          begun += 1
        }
        guard taken < begun else { return }
        while made[taken] == nil, let (index, value) = try await group.next() {
          made[index] = value
        }
        guard let value = made.removeValue(forKey: taken) else { return }
        try await sink(value)
        if let part = parts.removeValue(forKey: taken) { release(part) }
        taken += 1
      }
    }
  }
}
