package import Backlog
package import Featurization
import Scheduling

/// A process that works on the jobs of others' clients, and answers no requests.
package final class JobWorker: Sendable {
  /// Why it ended.
  package enum End: Sendable, Hashable {
    case asked
    /// Nothing waits that it could run.
    case empty
    case timeIsOver
    /// The database or the shared store did not answer for too long.
    case away
  }

  package struct Limits: Sendable {
    /// Whether it ends when nothing waits.
    package var endsWhenEmpty = false
    /// How long it works at most.
    package var time: Duration?
    /// How long what runs may go on when it ends.
    package var grace = Duration.seconds(30)
    /// How long the database or the store may be away.
    package var away = Duration.seconds(600)

    package init() {}
  }

  /// Looks without a job after which it counts as empty although something waits, which others run or
  /// which is to be tried again later: a minute, longer than all such waits but the last.
  private static let mostEmptyLooks = 30

  private let backlog: any JobBacklog
  private let services: Services
  private let calls: BacklogCalls
  private let feeder: JobFeeder
  private let limits: Limits

  package init(
    _ backlog: any JobBacklog, _ services: Services, at place: JobPlace, as name: String,
    _ limits: Limits, describe: @escaping @Sendable (any Error) -> JobFailure
  ) {
    (self.backlog, self.services, self.limits) = (backlog, services, limits)
    calls = BacklogCalls(backlog)
    feeder = JobFeeder(
      calls, services, JobPins(calls, services), at: place, as: name,
      until: limits.time.map { .now + $0 }, describe: describe)
  }

  /// Works until it has a reason to end; what runs then ends in order, or is given back.
  package func run(until wish: some AsyncSequence<Void, Never> & Sendable) async -> End {
    let hints = backlog.hints()
    return await withTaskGroup(of: End?.self) { group in
      group.addTask { [feeder] in
        for await hint in hints { feeder.take(hint) }
        return nil
      }
      group.addTask { [feeder] in
        await feeder.run()
        return nil
      }
      group.addTask { await self.sweep() }
      group.addTask {
        for await _ in wish { break }
        return .asked
      }
      group.addTask { await self.watch() }
      var end: End?
      while end == nil, let next = await group.next() { end = next }
      await feeder.drain(within: limits.grace)
      group.cancelAll()
      return end ?? .asked
    }
  }

  /// Every worker sweeps, and so notices the others' deaths.
  private func sweep() async -> End? {
    while (try? await Task.sleep(for: .seconds(10))) != nil {
      _ = try? await calls.run { backlog throws(BacklogError) in try backlog.sweep() }
    }
    return nil
  }

  private func watch() async -> End? {
    let deadline = limits.time.map { ContinuousClock.now + $0 }
    while (try? await Task.sleep(for: .seconds(1))) != nil {
      if let deadline, deadline <= .now { return .timeIsOver }
      let away = [calls.secondsAway, services.shared?.secondsAway].compactMap { $0 }.max() ?? 0
      if away > limits.away / .seconds(1) { return .away }
      guard limits.endsWhenEmpty, feeder.count == 0, feeder.emptyLooks > 0 else { continue }
      if feeder.emptyLooks >= JobWorker.mostEmptyLooks { return .empty }
      let counts = try? await calls.run { backlog throws(BacklogError) in try backlog.counts() }
      if counts?.count(.waiting) == 0, feeder.count == 0 { return .empty }
    }
    return nil
  }
}
