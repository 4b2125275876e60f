extension JobQueue {
  /// Runs blocking work as a job of the queue; its bytes are held meanwhile.
  ///
  /// Throws as `enter`, or what the work throws.
  package func inTurn<Value: Sendable>(
    _ demand: AdmissionQueue.Demand, _ work: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    let reservation = try await Reservation(in: self, demand)
    defer { reservation.finish() }
    return try await run(for: demand.owner, work)
  }
}
