/// The decisions of a job queue, without a clock or a thread: the jobs that wait, run and hold
/// bytes.
///
/// Clients are scheduled by the predicted seconds of their jobs; each client's own start in order
/// of arrival. A job starts when a runner is free and the bytes that it will hold fit the budget; a
/// job larger than the budget starts when nothing else is held. While the next job lacks only
/// bytes, jobs that fit may start before it, at most `passes` of them.
package struct AdmissionQueue: Sendable {
  package typealias Ticket = Int
  package typealias Instant = ContinuousClock.Instant

  package struct Limits: Sendable, Hashable {
    /// The maximum number of jobs that run at the same time.
    package var runners: Int
    /// The maximum number of jobs that wait.
    package var waiting: Int
    /// The maximum bytes held by running jobs and by answers still being sent.
    package var heldBytes: Int
    /// The longest time that a job waits; `nil` is no limit.
    package var age: Duration?
    /// The number of jobs that may start before one that lacks only bytes.
    package var passes = 16

    package init(runners: Int, waiting: Int, heldBytes: Int, age: Duration? = nil) {
      self.runners = runners
      self.waiting = waiting
      self.heldBytes = heldBytes
      self.age = age
    }
  }

  /// A job's predicted cost and its owner.
  package struct Demand: Sendable, Hashable {
    package var seconds: Double
    package var bytes: Int
    package var owner: Owner

    package init(seconds: Double, bytes: Int, owner: Owner = .anonymous) {
      precondition(seconds >= 0 && seconds.isFinite, "\(seconds) seconds")
      precondition(bytes >= 0, "\(bytes) bytes")
      self.seconds = seconds
      self.bytes = bytes
      self.owner = owner
    }
  }

  package let limits: Limits
  private var nextTicket = 0
  private var waiting = WaitingJobs()
  private var running: [Ticket: (demand: Demand, since: Instant)] = [:]
  private var held: [Ticket: Int] = [:]
  package private(set) var heldBytes = 0
  private var fairShare = FairShare()

  package init(limits: Limits) {
    self.limits = limits
  }

  /// The job that starts next.
  package var first: Ticket? { waiting.next(fairShare)?.ticket }

  package var waitingCount: Int { waiting.count }
  package var runningCount: Int { running.count }
  /// Whether any further job would be refused, however small.
  package var isFull: Bool { !hasRoom && !mayStartAtOnce(Demand(seconds: 0, bytes: 0)) }

  /// Adds a job; `nil` when the queue is full.
  package mutating func join(_ demand: Demand, at now: Instant) -> Ticket? {
    guard hasRoom || mayStartAtOnce(demand) else { return nil }
    nextTicket += 1
    waiting.append(WaitingJob(ticket: nextTicket, demand: demand, since: now))
    return nextTicket
  }

  /// Starts a job without waiting; `nil` when it cannot start, or others wait.
  package mutating func startAtOnce(_ demand: Demand, at now: Instant) -> Ticket? {
    guard mayStartAtOnce(demand) else { return nil }
    nextTicket += 1
    start(WaitingJob(ticket: nextTicket, demand: demand, since: now), at: now)
    fairShare.take(demand.owner.turn, demand.seconds)
    return nextTicket
  }

  /// Starts the next job if it may start now; call it until it returns `nil`.
  package mutating func startNext(at now: Instant) -> Ticket? {
    guard running.count < limits.runners, let first = waiting.next(fairShare) else { return nil }
    if fits(first.demand) {
      waiting.remove(first.ticket)
      fairShare.take(first.demand.owner.turn, first.demand.seconds)
      start(first, at: now)
      return first.ticket
    }
    return startPasser(of: first, at: now)
  }

  /// Removes a job that has not started.
  ///
  /// Returns whether it was still waiting.
  package mutating func leave(_ ticket: Ticket) -> Bool {
    guard waiting.remove(ticket) != nil else { return false }
    rest()
    return true
  }

  /// The instant at which a job has waited for too long; `nil` without an age limit, or for a job
  /// that does not wait.
  package func deadline(of ticket: Ticket) -> Instant? {
    guard let age = limits.age else { return nil }
    return waiting[ticket].map { $0.since.advanced(by: age) }
  }

  /// Ends a job's work; its answer may still be being sent, which keeps its bytes held.
  package mutating func finish(_ ticket: Ticket) {
    running[ticket] = nil
    rest()
  }

  /// Releases a job's bytes, down to as many as are still held.
  package mutating func shrink(_ ticket: Ticket, to bytes: Int) {
    guard let former = held[ticket], bytes < former else { return }
    heldBytes -= former - bytes
    held[ticket] = bytes
  }

  /// Releases all that a job holds.
  package mutating func release(_ ticket: Ticket) {
    finish(ticket)
    heldBytes -= held.removeValue(forKey: ticket) ?? 0
  }

  private mutating func start(_ job: WaitingJob, at now: Instant) {
    running[job.ticket] = (job.demand, now)
    held[job.ticket] = job.demand.bytes
    heldBytes += job.demand.bytes
  }

  /// Starts the first job that fits before the next one, which stays next.
  private mutating func startPasser(of first: WaitingJob, at now: Instant) -> Ticket? {
    guard first.passes < limits.passes,
      let passer = waiting.first(fairShare, where: { fits($0.demand) })
    else { return nil }
    waiting.pass(first.ticket)
    waiting.remove(passer.ticket)
    fairShare.pass(passer.demand.owner.turn, passer.demand.seconds)
    start(passer, at: now)
    return passer.ticket
  }

  private mutating func rest() {
    if waiting.count == 0, running.isEmpty { fairShare.forget() }
  }

  private var hasRoom: Bool { waiting.count < limits.waiting }

  private func mayStartAtOnce(_ demand: Demand) -> Bool {
    running.count < limits.runners && waiting.count == 0 && fits(demand)
  }

  private func fits(_ demand: Demand) -> Bool {
    heldBytes == 0 || heldBytes <= limits.heldBytes - min(demand.bytes, limits.heldBytes)
  }
}

// MARK: Predictions

extension AdmissionQueue {
  /// The predicted times of a waiting job.
  package struct Forecast: Sendable, Hashable {
    package let ticket: Ticket
    package let owner: Owner
    /// Seconds from now.
    package let start: Double
    package let end: Double
  }

  /// All waiting jobs in the order in which they will start, if none arrives or leaves.
  ///
  /// A lack of bytes may delay them further, which is not predicted.
  package func forecast(at now: Instant) -> [Forecast] {
    var free = remaining(at: now) + Array(repeating: 0, count: limits.runners - running.count)
    var (waiting, fairShare) = (waiting, fairShare)
    var result: [Forecast] = []
    while let job = waiting.next(fairShare) {
      waiting.remove(job.ticket)
      fairShare.take(job.demand.owner.turn, job.demand.seconds)
      let runner = free.indices.min { free[$0] < free[$1] } ?? 0
      let start = free[runner]
      free[runner] += job.demand.seconds
      result.append(
        Forecast(
          ticket: job.ticket, owner: job.demand.owner, start: start, end: free[runner]))
    }
    return result
  }

  /// Predicted seconds until a waiting job starts, and so frees its place.
  package func predictedRoom(at now: Instant) -> Double {
    running.count < limits.runners ? 0 : remaining(at: now).min() ?? 0
  }

  /// Predicted seconds until a job of a client ends; 0 when it has none.
  package func predictedEnd(of client: String, at now: Instant) -> Double {
    let own = running.values.filter { $0.demand.owner.client == client }
    if let soonest = own.map({ left($0, at: now) }).min() { return soonest }
    return forecast(at: now).filter { $0.owner.client == client }.map(\.end).min() ?? 0
  }

  /// Predicted seconds that each running job still needs.
  private func remaining(at now: Instant) -> [Double] {
    running.values.map { left($0, at: now) }
  }

  /// Predicted seconds left; at least an eighth of the total for a job that takes longer.
  private func left(_ job: (demand: Demand, since: Instant), at now: Instant) -> Double {
    max(job.demand.seconds / 8, job.demand.seconds - (now - job.since) / .seconds(1))
  }
}
