package import Jobs

/// A place in a job queue, given back when nobody holds it any more.
package final class Place: Sendable {
  let queue: JobQueue
  private let ticket: WaitingLine.Ticket

  package init(in queue: JobQueue, _ demand: WaitingLine.Demand) async throws {
    self.queue = queue
    ticket = try await queue.enter(demand)
  }

  /// The work is done; what it made is still held.
  func finish() {
    queue.finish(ticket)
  }

  deinit {
    queue.release(ticket)
  }
}
