/// The decisions of a job queue, without a clock or a thread: the jobs that wait, run and hold
/// bytes.
///
/// Clients are scheduled by the predicted seconds of their jobs; each client's own start in order
/// of arrival. A job starts when a runner is free and the bytes that it will hold fit the budget; a
/// job larger than the budget starts when nothing else is held.
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

    package init(runners: Int, waiting: Int, heldBytes: Int) {
      self.runners = runners
      self.waiting = waiting
      self.heldBytes = heldBytes
    }
  }

  /// A job's predicted cost and its owner.
  package struct Demand: Sendable, Hashable {
    package var seconds: Double
    package var bytes: Int
    package var owner: Owner

    package init(seconds: Double, bytes: Int, owner: Owner = .anonymous) {
      precondition(seconds >= 0 && seconds.isFinite, "\(seconds) seconds")
      self.seconds = seconds
      self.bytes = bytes
      self.owner = owner
    }
  }

  package let limits: Limits
  private var nextTicket = 0
  /// Waiting jobs, in order of arrival.
  private var waiting: [(ticket: Ticket, demand: Demand)] = []
  private var running: [Ticket: (demand: Demand, since: Instant)] = [:]
  private var held: [Ticket: Int] = [:]
  private var fairShare = FairShare()

  package init(limits: Limits) {
    self.limits = limits
  }

  /// The job that starts next.
  package var first: Ticket? { next(of: heads, fairShare).map { waiting[$0].ticket } }

  package var waitingCount: Int { waiting.count }
  package var runningCount: Int { running.count }
  package var heldBytes: Int { held.values.reduce(0, +) }
  /// Whether any further job would be refused, however small.
  package var isFull: Bool { !hasRoom && !mayStart(Demand(seconds: 0, bytes: 0)) }

  /// Adds a job; `nil` when the queue is full.
  package mutating func join(_ demand: Demand) -> Ticket? {
    guard hasRoom || mayStart(demand) else { return nil }
    nextTicket += 1
    waiting.append((nextTicket, demand))
    return nextTicket
  }

  /// Starts the next job if it may start now; call it until it returns `nil`.
  package mutating func startNext(at now: Instant) -> Ticket? {
    guard let index = next(of: heads, fairShare), mayStart(waiting[index].demand, isFirst: true)
    else {
      return nil
    }
    let job = waiting.remove(at: index)
    fairShare.take(job.demand.owner.client, job.demand.seconds)
    running[job.ticket] = (job.demand, now)
    held[job.ticket] = job.demand.bytes
    return job.ticket
  }

  /// Removes a job that has not started.
  ///
  /// Returns whether it was still waiting.
  package mutating func leave(_ ticket: Ticket) -> Bool {
    guard let index = waiting.firstIndex(where: { $0.ticket == ticket }) else { return false }
    waiting.remove(at: index)
    rest()
    return true
  }

  /// Ends a job's work; its answer may still be being sent, which keeps its bytes held.
  package mutating func finish(_ ticket: Ticket) {
    running[ticket] = nil
    rest()
  }

  /// Releases all that a job holds.
  package mutating func release(_ ticket: Ticket) {
    finish(ticket)
    held[ticket] = nil
  }

  private mutating func rest() {
    if waiting.isEmpty, running.isEmpty { fairShare.forget() }
  }

  private var hasRoom: Bool { waiting.count < limits.waiting }

  private func mayStart(_ demand: Demand, isFirst: Bool = false) -> Bool {
    guard running.count < limits.runners, isFirst || waiting.isEmpty else { return false }
    return held.isEmpty || heldBytes <= limits.heldBytes - min(demand.bytes, limits.heldBytes)
  }
}

// MARK: Order

extension AdmissionQueue {
  /// Each client's oldest waiting job, as indices into `waiting`.
  private var heads: [String?: Int] {
    var heads: [String?: Int] = [:]
    for index in waiting.indices.reversed() { heads[waiting[index].demand.owner.client] = index }
    return heads
  }

  /// The client's job with the least service received, ties by arrival.
  private func next(of heads: [String?: Int], _ fairShare: FairShare) -> Int? {
    heads.min { one, other in
      (fairShare.standing(one.key), one.value) < (fairShare.standing(other.key), other.value)
    }?.value
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
    var lines: [String?: ArraySlice<Int>] = [:]
    for index in waiting.indices {
      lines[waiting[index].demand.owner.client, default: []].append(index)
    }
    var fairShare = fairShare
    var result: [Forecast] = []
    while let index = next(of: lines.compactMapValues(\.first), fairShare) {
      let (ticket, demand) = waiting[index]
      lines[demand.owner.client]?.removeFirst()
      fairShare.take(demand.owner.client, demand.seconds)
      let runner = free.indices.min { free[$0] < free[$1] } ?? 0
      let start = free[runner]
      free[runner] += demand.seconds
      result.append(Forecast(ticket: ticket, owner: demand.owner, start: start, end: free[runner]))
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
