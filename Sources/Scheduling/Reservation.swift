/// A job's place in a queue, released with the last reference.
package final class Reservation: Sendable {
  private let queue: JobQueue
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

  /// A reservation without waiting for it, as `JobQueue.enterAtOnce`; its work has ended.
  package init?(atOnceIn queue: JobQueue, _ demand: AdmissionQueue.Demand, share: Double) {
    guard let ticket = queue.enterAtOnce(demand, share: share) else { return nil }
    queue.finish(ticket)
    guard let promise = try? queue.memory.promise(demand.bytes) else {
      queue.release(ticket)
      return nil
    }
    self.queue = queue
    self.ticket = ticket
    self.promise = promise
  }

  /// Ends the work; its result is still held.
  package func finish() {
    queue.finish(ticket)
  }

  /// Gives bytes back, down to as many as are still held.
  package func shrink(to bytes: Int) {
    promise.shrink(to: bytes)
    queue.shrink(ticket, to: bytes)
  }

  deinit {
    queue.release(ticket)
  }
}
