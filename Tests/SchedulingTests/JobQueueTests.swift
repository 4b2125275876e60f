import Foundation
import Scheduling
import Support
import Testing

@Suite("Job queue", .timeLimit(.minutes(2))) struct JobQueueTests {
  private func queue(
    runners: Int = 1, waiting: Int = 10, bytes: Int = 100, passes: Int = 16
  ) -> JobQueue {
    // In a time that stands still.
    let now = ContinuousClock().now
    var limits = AdmissionQueue.Limits(runners: runners, waiting: waiting, heldBytes: bytes)
    limits.passes = passes
    return JobQueue(limits: limits, now: { now })
  }

  private let demand = AdmissionQueue.Demand(seconds: 3, bytes: 1)

  private func leave(_ queue: JobQueue, _ ticket: AdmissionQueue.Ticket) {
    queue.finish(ticket)
    queue.release(ticket)
  }

  @Test func `JobQueue: a place is held until finished, its bytes until released`()
    async throws
  {
    let queue = queue()
    let ticket = try await queue.enter(demand)
    #expect(queue.counts == (waiting: 0, running: 1, heldBytes: 1))
    queue.finish(ticket)
    #expect(queue.counts == (waiting: 0, running: 0, heldBytes: 1))
    queue.release(ticket)
    #expect(queue.counts == (waiting: 0, running: 0, heldBytes: 0))
  }

  @Test func `JobQueue: waiting jobs start one by one, in order`() async throws {
    let queue = queue()
    let order = Box<[Int]>([])
    let first = try await queue.enter(demand)
    try await withThrowingTaskGroup(of: Void.self) { group in
      for index in 0..<6 {
        group.addTask {
          let ticket = try await queue.enter(demand)
          order.update { $0.append(index) }
          #expect(queue.counts.running == 1)
          leave(queue, ticket)
        }
        let isInLine = await eventually { queue.counts.waiting == index + 1 }
        #expect(isInLine)
      }
      #expect(order.value.isEmpty)
      leave(queue, first)
      try await group.waitForAll()
    }
    #expect(order.value == Array(0..<6))
    #expect(queue.counts == (waiting: 0, running: 0, heldBytes: 0))
  }

  @Test func `JobQueue: a full queue refuses with its limit and a predicted wait`() async throws {
    let queue = queue(waiting: 1)
    #expect(queue.refusal == nil)
    let first = try await queue.enter(demand)
    #expect(queue.refusal == nil)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { leave(queue, try await queue.enter(demand)) }
      let isInLine = await eventually { queue.counts.waiting == 1 }
      #expect(isInLine)
      let full = JobError.queueFull(.encoding, queue.limits, retryAfter: 3)
      #expect(queue.refusal == full)
      await #expect(throws: full) { try await queue.enter(demand) }
      leave(queue, first)
      try await group.waitForAll()
    }
    #expect(queue.refusal == nil)
  }

  @Test func `JobQueue: a cancelled waiting job leaves at once, and the next moves up`()
    async throws
  {
    let queue = queue(bytes: 10, passes: 0)
    let first = try await queue.enter(.init(seconds: 1, bytes: 5))
    queue.finish(first)
    let small = Box(false)
    try await withThrowingTaskGroup(of: Void.self) { group in
      let cancelled = Box<[String]>([])
      group.addTask {
        await withTaskGroup(of: Void.self) { doomed in
          doomed.addTask {
            do {
              _ = try await queue.enter(.init(seconds: 1, bytes: 10))
            } catch {
              cancelled.update { $0.append("\(type(of: error))") }
            }
          }
          _ = await eventually { queue.counts.waiting == 2 }
          doomed.cancelAll()
        }
      }
      _ = await eventually { queue.counts.waiting == 1 }
      // Behind the large job, which waits for the bytes of an answer that is still being sent.
      group.addTask {
        leave(queue, try await queue.enter(.init(seconds: 1, bytes: 5)))
        small.value = true
      }
      try await group.waitForAll()
      #expect(cancelled.value == ["CancellationError"])
    }
    #expect(small.value)
    #expect(queue.counts == (waiting: 0, running: 0, heldBytes: 5))
    queue.release(first)
  }

  @Test func `JobQueue: a job that waits too long is refused, and those behind it start`()
    async throws
  {
    let now = ContinuousClock().now
    let (wanted, alarm) = (Box<[AdmissionQueue.Instant]>([]), Box(false))
    var limits = AdmissionQueue.Limits(runners: 2, waiting: 10, heldBytes: 10, age: .seconds(30))
    limits.passes = 0
    let queue = JobQueue(
      for: .queries, limits: limits, now: { now },
      sleep: { deadline in
        wanted.update { $0.append(deadline) }
        while !alarm.value { await Task.yield() }
      })
    let first = try await queue.enter(.init(seconds: 1, bytes: 5))
    #expect(wanted.value.isEmpty, "who starts at once waits for nothing")
    let late = Task { try await queue.enter(.init(seconds: 1, bytes: 6)) }
    #expect(await eventually { wanted.value == [now.advanced(by: .seconds(30))] })
    alarm.value = true
    await #expect(throws: JobError.waitedTooLong(.queries, limits)) { try await late.value }
    #expect(queue.counts == (waiting: 0, running: 1, heldBytes: 5))
    leave(queue, try await queue.enter(.init(seconds: 1, bytes: 5)))
    leave(queue, first)
  }

  @Test func `JobQueue: a job that starts in time is not refused`() async throws {
    let isCancelled = Box(false)
    let limits = AdmissionQueue.Limits(runners: 1, waiting: 10, heldBytes: 10, age: .seconds(30))
    let queue = JobQueue(
      limits: limits,
      sleep: { _ in
        do {
          try await Task.sleep(for: .seconds(3600))
        } catch {
          isCancelled.value = true
          throw error
        }
      })
    let first = try await queue.enter(demand)
    let second = Task { try await queue.enter(demand) }
    #expect(await eventually { queue.counts.waiting == 1 })
    leave(queue, first)
    leave(queue, try await second.value)
    #expect(await eventually { isCancelled.value })
    #expect(queue.counts == (waiting: 0, running: 0, heldBytes: 0))
  }

  @Test func `JobQueue: entering at once takes no more than a share of the bytes`()
    async throws
  {
    let queue = queue(runners: 5)
    let first = try #require(queue.enterAtOnce(.init(seconds: 0, bytes: 40), share: 0.5))
    #expect(queue.enterAtOnce(.init(seconds: 0, bytes: 11), share: 0.5) == nil)
    let second = try #require(queue.enterAtOnce(.init(seconds: 0, bytes: 10), share: 0.5))
    let rest = try await queue.enter(.init(seconds: 0, bytes: 50))
    for ticket in [first, second, rest] { leave(queue, ticket) }
  }

  @Test func `JobQueue: bytes released by shrinking start a job that lacked them`() async throws {
    let queue = queue(runners: 2)
    let first = try await queue.enter(.init(seconds: 1, bytes: 90))
    let second = Task { try await queue.enter(.init(seconds: 1, bytes: 50)) }
    #expect(await eventually { queue.counts.waiting == 1 })
    queue.shrink(first, to: 20)
    let started = try await second.value
    #expect(queue.counts == (waiting: 0, running: 2, heldBytes: 70))
    for ticket in [first, started] { leave(queue, ticket) }
  }

  @Test func `JobQueue: a task cancelled before it enters is refused, and leaves nothing behind`()
    async
  {
    let queue = queue()
    let outcome = await withTaskGroup(of: Bool.self) { group in
      group.cancelAll()
      group.addTask {
        do {
          leave(queue, try await queue.enter(demand))
          return false
        } catch {
          return error is CancellationError
        }
      }
      return await group.next()
    }
    #expect(outcome == true)
    #expect(queue.counts == (waiting: 0, running: 0, heldBytes: 0))
  }

  @Test func `JobQueue: a closed queue accepts no job, and runs those that wait`() async throws {
    let queue = queue()
    let first = try await queue.enter(demand)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { leave(queue, try await queue.enter(demand)) }
      let isInLine = await eventually { queue.counts.waiting == 1 }
      #expect(isInLine)
      queue.close()
      #expect(queue.refusal == .closing)
      await #expect(throws: JobError.closing) { try await queue.enter(demand) }
      leave(queue, first)
      try await group.waitForAll()
    }
    #expect(queue.counts == (waiting: 0, running: 0, heldBytes: 0))
  }

  /// More blocked threads than the cooperative pool has, waiting for a task that runs on it.
  @Test func `JobQueue: blocking work does not block the cooperative pool`() async throws {
    let count = 2 * ProcessInfo.processInfo.activeProcessorCount + 2
    let queue = queue(runners: count)
    let begun = Box(0)
    let signal = DispatchSemaphore(value: 0)
    try await withThrowingTaskGroup(of: DispatchTimeoutResult.self) { group in
      for number in 0..<count {
        group.addTask {
          try await queue.run(for: Owner(client: "\(number)", request: "")) {
            begun.update { $0 += 1 }
            return signal.wait(timeout: .now() + 20)
          }
        }
      }
      let allBegan = await begun.until { $0 == count }
      #expect(allBegan)
      for _ in 0..<count { signal.signal() }
      for try await result in group { #expect(result == .success) }
    }
  }

  @Test func `JobQueue: errors of the work reach its caller`() async {
    await #expect(throws: JobError.closing) {
      try await queue().run { throw JobError.closing }
    }
  }
}
