/// A job's place in a queue, released with the last reference.
package final class Reservation: Sendable {
  package let queue: JobQueue
  private let ticket: AdmissionQueue.Ticket

  package init(in queue: JobQueue, _ demand: AdmissionQueue.Demand) async throws {
    self.queue = queue
    ticket = try await queue.enter(demand)
  }

  /// Ends the work; its result is still held.
  package func finish() {
    queue.finish(ticket)
  }

  deinit {
    queue.release(ticket)
  }
}
