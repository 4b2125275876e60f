/// A job's place in a queue, released with the last reference.
package final class Reservation: Sendable {
  package let queue: JobQueue
  private let ticket: AdmissionQueue.Ticket
  private let promise: MemoryReserve.Promise

  /// Waits for a place; throws `JobError`, or `CancellationError` when the task is cancelled
  /// meanwhile.
  package init(in queue: JobQueue, _ demand: AdmissionQueue.Demand) async throws {
    self.queue = queue
    ticket = try await queue.enter(demand)
    do throws(JobError) {
      promise = try queue.memory.promise(demand.bytes)
    } catch {
      queue.release(ticket)
      throw error
    }
  }

  /// Ends the work; its result is still held.
  package func finish() {
    queue.finish(ticket)
  }

  deinit {
    queue.release(ticket)
  }
}
