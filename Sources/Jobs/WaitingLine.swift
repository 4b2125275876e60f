/// Who waits, who runs, and what is held: the decisions of a job queue, without a clock or a thread.
///
/// First come, first served. A job starts when a runner is free and the bytes that it will hold fit
/// the budget; a job larger than the budget starts when nothing else is held.
package struct WaitingLine: Sendable {
  package struct Limits: Sendable, Hashable {
    /// Jobs that run at the same time.
    package var runners: Int
    /// Jobs that wait.
    package var waiting: Int
    /// Bytes held by jobs that run and by answers still being read.
    package var heldBytes: Int

    package init(runners: Int, waiting: Int, heldBytes: Int) {
      self.runners = runners
      self.waiting = waiting
      self.heldBytes = heldBytes
    }
  }

  /// What a job is predicted to take.
  package struct Demand: Sendable, Hashable {
    package var seconds: Double
    package var bytes: Int

    package init(seconds: Double, bytes: Int) {
      self.seconds = seconds
      self.bytes = bytes
    }
  }

  package typealias Ticket = Int

  package let limits: Limits
  private var nextTicket = 0
  private var waiting: [(ticket: Ticket, demand: Demand)] = []
  private var running: [Ticket: Demand] = [:]
  private var held: [Ticket: Int] = [:]

  package init(limits: Limits) {
    self.limits = limits
  }

  /// The job that would start next.
  package var first: Ticket? { waiting.first?.ticket }

  package var waitingCount: Int { waiting.count }
  package var runningCount: Int { running.count }
  package var heldBytes: Int { held.values.reduce(0, +) }
  /// Whether no job would be taken in, however small.
  package var isFull: Bool { !hasRoom && !mayStart(Demand(seconds: 0, bytes: 0)) }

  /// Seconds until a job that came now would start, if nobody leaves.
  package var predictedWait: Double {
    let all = waiting.map(\.demand.seconds) + running.values.map(\.seconds)
    return all.reduce(0, +) / Double(limits.runners)
  }

  /// Takes a job in, or `nil` when so many wait that the line is full.
  package mutating func join(_ demand: Demand) -> Ticket? {
    guard hasRoom || mayStart(demand) else { return nil }
    nextTicket += 1
    waiting.append((nextTicket, demand))
    return nextTicket
  }

  /// The job that starts now, if any; ask again until there is none.
  package mutating func startNext() -> Ticket? {
    guard let first = waiting.first, mayStart(first.demand, isFirst: true) else { return nil }
    waiting.removeFirst()
    running[first.ticket] = first.demand
    held[first.ticket] = first.demand.bytes
    return first.ticket
  }

  /// The job leaves before it started.
  ///
  /// Returns whether it was still waiting.
  package mutating func leave(_ ticket: Ticket) -> Bool {
    guard let index = waiting.firstIndex(where: { $0.ticket == ticket }) else { return false }
    waiting.remove(at: index)
    return true
  }

  /// The job's work is done; its answer may still be read, which keeps its bytes held.
  package mutating func finish(_ ticket: Ticket) {
    running[ticket] = nil
  }

  /// Nothing of the job is held any more.
  package mutating func release(_ ticket: Ticket) {
    running[ticket] = nil
    held[ticket] = nil
  }

  private var hasRoom: Bool { waiting.count < limits.waiting }

  private func mayStart(_ demand: Demand, isFirst: Bool = false) -> Bool {
    guard running.count < limits.runners, isFirst || waiting.isEmpty else { return false }
    return held.isEmpty || heldBytes <= limits.heldBytes - min(demand.bytes, limits.heldBytes)
  }
}
