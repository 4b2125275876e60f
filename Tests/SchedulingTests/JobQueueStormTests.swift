import Scheduling
import Support
import Testing

/// Many concurrent tasks, some of them cancelled at random times.
@Suite("Job queue, storms", .timeLimit(.minutes(2))) struct JobQueueStormTests {
  private enum Outcome: Sendable, Hashable { case served, cancelled, refused }

  /// The state that all tasks of a storm share.
  private struct Storm: Sendable {
    let queue: JobQueue
    let limits: AdmissionQueue.Limits
    let running = Box(0)
    let excesses = Box(0)

    init(_ limits: AdmissionQueue.Limits) {
      self.limits = limits
      queue = JobQueue(limits: limits)
    }

    /// One job: waiting, some work, then an answer that is read, each of a few suspensions.
    func stay(bytes: Int, steps: Int) async -> Outcome {
      do {
        let ticket = try await queue.enter(.init(seconds: 1, bytes: bytes))
        running.update { $0 += 1 }
        if running.value > limits.runners { excesses.update { $0 += 1 } }
        for _ in 0..<steps { await Task.yield() }
        running.update { $0 -= 1 }
        queue.finish(ticket)
        for _ in 0..<steps { await Task.yield() }
        queue.release(ticket)
        return .served
      } catch is CancellationError {
        return .cancelled
      } catch {
        return .refused
      }
    }

    /// A job whose task is cancelled after some suspensions, unless it has ended.
    func cancelledStay(after delay: Int, bytes: Int, steps: Int) async -> Outcome {
      await withTaskGroup(of: Outcome.self) { group in
        group.addTask { await stay(bytes: bytes, steps: steps) }
        for _ in 0..<delay { await Task.yield() }
        group.cancelAll()
        return await group.next() ?? .refused
      }
    }
  }

  @Test(arguments: [(1, 0), (2, 1), (3, 2), (4, 3)])
  func `JobQueue: a thousand tasks all end, and nothing stays held`(runners: Int, seed: Int) async {
    let storm = Storm(.init(runners: runners, waiting: 2000, heldBytes: 100))
    let outcomes = Box<[Outcome: Int]>([:])
    let ended = Box(0)
    await withTaskGroup(of: Void.self) { group in
      var chance = SeededNumbers(seed: seed)
      for _ in 0..<1000 {
        let (bytes, steps, delay) = (chance.below(130), chance.below(4), chance.below(40))
        let isDoomed = chance.below(2) == 0
        group.addTask {
          let outcome =
            isDoomed
            ? await storm.cancelledStay(after: delay, bytes: bytes, steps: steps)
            : await storm.stay(bytes: bytes, steps: steps)
          outcomes.update { $0[outcome, default: 0] += 1 }
          ended.update { $0 += 1 }
        }
      }
      let haveEnded = await ended.until { $0 == 1000 }
      #expect(haveEnded, "\(outcomes.value), \(storm.queue.counts)")
      group.cancelAll()
    }
    #expect(outcomes.value[.refused] == nil && storm.excesses.value == 0)
    #expect((outcomes.value[.served] ?? 0) >= 400 && (outcomes.value[.cancelled] ?? 0) > 0)
    #expect(storm.queue.counts == (waiting: 0, running: 0, heldBytes: 0))
  }

  @Test
  func `JobQueue: with a short queue each task is served or refused, and none is lost`() async {
    let storm = Storm(.init(runners: 2, waiting: 3, heldBytes: 100))
    let outcomes = Box<[Outcome: Int]>([:])
    await withTaskGroup(of: Outcome.self) { group in
      for index in 0..<1000 {
        group.addTask { await storm.stay(bytes: index % 60, steps: 2) }
      }
      for await outcome in group { outcomes.update { $0[outcome, default: 0] += 1 } }
    }
    #expect((outcomes.value[.served] ?? 0) + (outcomes.value[.refused] ?? 0) == 1000)
    #expect((outcomes.value[.served] ?? 0) > 0 && storm.excesses.value == 0)
    #expect(storm.queue.counts == (waiting: 0, running: 0, heldBytes: 0))
  }
}
