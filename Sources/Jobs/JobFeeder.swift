package import Backlog
import Encoders
import Featurization
import Scheduling
import Synchronization

/// What a job that could not be done is told with.
package struct JobFailure: Sendable {
  /// A problem document in JSON.
  package let problem: String
  /// Whether trying again may help.
  package let mayPass: Bool

  package init(problem: String, mayPass: Bool) {
    (self.problem, self.mayPass) = (problem, mayPass)
  }
}

/// Claims jobs while runners are free, and runs each through the queue under its owner.
///
/// The queue of the process alone decides whose turn it is: a claim is one of its jobs, as a request
/// that waits is.
package final class JobFeeder: Sendable {
  private enum Order: Sendable {
    /// There may be something to claim.
    case look
    case stop(JobID)
    case beat
    case drain(Duration)
    /// What has not ended by now is given back.
    case giveBack
    case ended
  }

  private struct Running {
    var record: FieldRecord?
    var progress: WorkProgress?
    let stop: AsyncStream<Void>.Continuation
    /// Whether it was stopped since the server ends.
    var isGivenBack = false
  }

  private let calls: BacklogCalls
  private let services: Services
  private let runner: JobRunner
  private let pins: JobPins
  private let describe: @Sendable (any Error) -> JobFailure
  private let place: JobPlace
  private let worker: WorkerCard
  /// When no more work is begun that would not end before.
  private let deadline: ContinuousClock.Instant?
  private let running = Mutex<[JobID: Running]>([:])
  private let looks = Mutex(0)
  private let orders: AsyncStream<Order>
  private let order: AsyncStream<Order>.Continuation
  private let ending: AsyncStream<Void>
  private let end: AsyncStream<Void>.Continuation

  /// The time from one heartbeat to the next.
  private static let beat = Duration.seconds(5)
  /// The time after which work is looked for without a hint.
  private static let poll = Duration.seconds(2)
  /// How often a job that was given back is told of to a database that is away: its lease ends anyway.
  private static let mostGivingsBack = 5

  init(
    _ calls: BacklogCalls, _ services: Services, _ pins: JobPins, at place: JobPlace,
    as worker: String, until deadline: ContinuousClock.Instant? = nil,
    describe: @escaping @Sendable (any Error) -> JobFailure
  ) {
    self.calls = calls
    self.services = services
    self.pins = pins
    self.describe = describe
    (self.place, self.deadline) = (place, deadline)
    self.worker = WorkerCard(
      name: worker, host: worker, kind: services.arithmetic, weights: [],
      runners: services.fields.queue.limits.runners)
    runner = JobRunner(services)
    (orders, order) = AsyncStream.makeStream(of: Order.self)
    (ending, end) = AsyncStream.makeStream(of: Void.self)
  }

  /// Blocks that are computed of a running job and parts of what follows, and all that are known of.
  package func progress(of id: JobID) -> (done: Int, total: Int)? {
    let found = running.withLock { $0[id] }
    if let own = found?.progress?.blocks, own.total > 0 { return own }
    // It may wait for what another job or request computes.
    return found?.record.flatMap(services.fields.blocks)
  }

  /// Jobs that are run here.
  package var count: Int { running.withLock { $0.count } }

  /// Looks in a row that found nothing to claim.
  var emptyLooks: Int { looks.withLock { $0 } }

  package func take(_ hint: Hint) {
    switch hint {
    case .work: order.yield(.look)
    case .cancel(let id): order.yield(.stop(id))
    case .changed, .batchChanged: break
    }
  }

  /// Claims no more; returns when what runs has ended, or was given back after a time.
  package func drain(within grace: Duration) async {
    order.yield(.drain(grace))
    for await _ in ending {}
  }

  /// Works until it is drained or its task is cancelled.
  package func run() async {
    defer { end.finish() }
    await withDiscardingTaskGroup { group in
      var life: Incarnation?
      var isDraining = false
      group.addTask { await self.keepTime() }
      order.yield(.look)
      for await next in orders {
        switch next {
        case .look: break
        case .stop(let id): stop(id)
        case .beat: if let here = life, await !beats(here) { life = nil }
        case .drain(let grace):
          isDraining = true
          group.addTask {
            guard (try? await Task.sleep(for: grace)) != nil else { return }
            self.order.yield(.giveBack)
          }
        case .giveBack: giveAllBack()
        case .ended: break
        }
        if isDraining {
          guard running.withLock({ !$0.isEmpty }) else { break }
          continue
        }
        if life == nil { life = await join() }
        guard let life else { continue }
        for claim in await claims(life) {
          let stopped = begin(claim)
          group.addTask { await self.serve(claim, stopped) }
        }
      }
      if let life {
        _ = try? await calls.run { backlog throws(BacklogError) in try backlog.leave(life) }
      }
      group.cancelAll()
    }
  }

  private func keepTime() async {
    var untilBeat = JobFeeder.beat
    while (try? await Task.sleep(for: JobFeeder.poll)) != nil {
      untilBeat -= JobFeeder.poll
      order.yield(untilBeat <= .zero ? .beat : .look)
      if untilBeat <= .zero { untilBeat = JobFeeder.beat }
    }
  }
}

// MARK: The backlog

extension JobFeeder {
  private func join() async -> Incarnation? {
    var card = worker
    card.weights = weights
    return try? await calls.run { [card] backlog throws(BacklogError) in
      try backlog.join(card)
    }
  }

  /// What jobs may ask for that are run here.
  private var weights: [String] { services.weightsNames.map(place.demand) }

  /// Claims what free runners can take; one job more where requests that wait take them all, so that
  /// jobs have their turn too.
  private func claims(_ life: Incarnation) async -> [Claim] {
    let queue = services.fields.queue
    let own = running.withLock { $0.count }
    let others = max(0, queue.counts.running - own)
    let free = max(queue.limits.runners - others, 1) - own
    // Whose answers would have to wait is not begun.
    guard free > 0, services.shared?.isAway != true else { return [] }
    let left = deadline.map { ($0 - .now) / .seconds(1) } ?? .infinity
    guard left > 0 else { return [] }
    let room = Room(
      runners: free, bytes: max(0, queue.limits.heldBytes - queue.counts.heldBytes),
      weights: weights, secondsLeft: left, isIdle: own == 0)
    let found = try? await calls.run { backlog throws(BacklogError) in
      try backlog.claim(life, room)
    }
    if let found { looks.withLock { $0 = found.isEmpty ? $0 + 1 : 0 } }
    return found ?? []
  }

  /// Tells that this worker lives, and stops what is to be stopped; false where others believe it
  /// dead.
  private func beats(_ life: Incarnation) async -> Bool {
    let progress = running.withLock { Array($0.keys) }.compactMap { id in
      self.progress(of: id).map { JobProgress(job: id, done: $0.done, total: $0.total) }
    }
    let verdict = try? await calls.run { backlog throws(BacklogError) in
      try backlog.beat(life, progress)
    }
    switch verdict {
    case nil: return true
    case .gone:
      giveAllBack()
      return false
    case .alive(let held, let cancel):
      for id in cancel { stop(id) }
      let known = running.withLock { Set($0.keys) }
      if !Set(held).isSubset(of: known) { await releaseUnknown(life) }
      return true
    }
  }

  /// Gives back what was claimed by a call whose answer was lost.
  private func releaseUnknown(_ life: Incarnation) async {
    let held = try? await calls.run { backlog throws(BacklogError) in try backlog.held(by: life) }
    for claim in held ?? [] where running.withLock({ $0[claim.id] == nil }) {
      _ = try? await calls.run { backlog throws(BacklogError) in try backlog.release(claim) }
    }
  }
}

// MARK: One job

extension JobFeeder {
  /// Enters a claim among what runs; the stream ends when it is to be stopped.
  private func begin(_ claim: Claim) -> AsyncStream<Void> {
    let (stopped, stop) = AsyncStream.makeStream(of: Void.self)
    running.withLock { $0[claim.id] = Running(record: nil, stop: stop) }
    return stopped
  }

  private func stop(_ id: JobID) {
    running.withLock { $0[id]?.stop }?.finish()
  }

  private func giveAllBack() {
    let stops = running.withLock { running in
      for id in running.keys { running[id]?.isGivenBack = true }
      return running.values.map(\.stop)
    }
    for stop in stops { stop.finish() }
  }

  private func serve(_ claim: Claim, _ stopped: AsyncStream<Void>) async {
    let result = await withTaskGroup(of: Result<JobAnswer, any Error>?.self) { group in
      group.addTask {
        do {
          return .success(
            try await self.runner.run(claim.job) { record, progress in
              self.running.withLock { running in
                running[claim.id]?.record = record
                running[claim.id]?.progress = progress
              }
            })
        } catch {
          return .failure(error)
        }
      }
      group.addTask {
        for await _ in stopped {}
        return nil
      }
      var result = await group.next() ?? nil
      group.cancelAll()
      while let late = await group.next() { result = result ?? late }
      return result
    }
    await settle(claim, result ?? .failure(CancellationError()))
    running.withLock { $0[claim.id] = nil }
    order.yield(.ended)
  }

  /// Says how a claim ended, until it is heard.
  private func settle(_ claim: Claim, _ result: Result<JobAnswer, any Error>) async {
    let isGivenBack = running.withLock { $0[claim.id]?.isGivenBack ?? false }
    let outcome: JobOutcome? =
      switch result {
      case .success(let answer): .done(answer)
      case .failure(let error) where error is CancellationError: isGivenBack ? nil : .cancelled
      case .failure(let error):
        {
          let failure = describe(error)
          return failure.mayPass
            ? .retry(problem: failure.problem) : .failed(problem: failure.problem)
        }()
      }
    var failures = 0
    while true {
      do {
        _ = try await calls.run { backlog throws(BacklogError) in
          guard let outcome else { return try backlog.release(claim) }
          return try backlog.finish(claim, outcome)
        }
        await pins.letGo(of: claim.job.order)
        return
      } catch BacklogError.noRoom, BacklogError.away {
        // What was made is kept; what is not told now would be made again.
        failures += 1
        let isGivenBack = running.withLock { $0[claim.id]?.isGivenBack ?? false }
        if isGivenBack, failures >= JobFeeder.mostGivingsBack { return }
        guard (try? await Task.sleep(for: JobFeeder.poll)) != nil else { return }
      } catch {
        return
      }
    }
  }
}
