/// A waiting job.
struct WaitingJob: Sendable {
  let ticket: AdmissionQueue.Ticket
  let demand: AdmissionQueue.Demand
  let since: AdmissionQueue.Instant
  /// The number of jobs that started before it while it was next.
  var passes = 0
}

/// Waiting jobs, those of each client in order of arrival.
///
/// Finding the next job takes time in the number of clients, not of jobs.
struct WaitingJobs: Sendable {
  private var jobs: [AdmissionQueue.Ticket: WaitingJob] = [:]
  private var lines: [String?: Line] = [:]

  /// One client's tickets, ascending.
  private struct Line {
    private var all: [AdmissionQueue.Ticket] = []
    /// The index of the first ticket that still waits.
    private var start = 0

    var tickets: ArraySlice<AdmissionQueue.Ticket> { all[start...] }

    mutating func append(_ ticket: AdmissionQueue.Ticket) { all.append(ticket) }

    mutating func remove(_ ticket: AdmissionQueue.Ticket) {
      if all[start] == ticket {
        start += 1
        // Amortised: at most as many are moved as have left since the last time.
        if start > all.count / 2 {
          all.removeFirst(start)
          start = 0
        }
      } else {
        all.remove(at: place(of: ticket))
      }
    }

    /// The ticket's index, by binary search.
    private func place(of ticket: AdmissionQueue.Ticket) -> Int {
      var (low, high) = (start, all.count)
      while low < high {
        let middle = (low + high) / 2
        if all[middle] < ticket { low = middle + 1 } else { high = middle }
      }
      return low
    }
  }

  var count: Int { jobs.count }

  subscript(ticket: AdmissionQueue.Ticket) -> WaitingJob? { jobs[ticket] }

  mutating func append(_ job: WaitingJob) {
    jobs[job.ticket] = job
    lines[job.demand.owner.turn, default: Line()].append(job.ticket)
  }

  @discardableResult
  mutating func remove(_ ticket: AdmissionQueue.Ticket) -> WaitingJob? {
    guard let job = jobs.removeValue(forKey: ticket) else { return nil }
    let client = job.demand.owner.turn
    lines[client]?.remove(ticket)
    if lines[client]?.tickets.isEmpty == true { lines[client] = nil }
    return job
  }

  /// The oldest job of the client with the least service received, ties by arrival.
  func next(_ turns: FairShare) -> WaitingJob? {
    heads.min { isBefore($0, $1, turns) }.flatMap { jobs[$0.ticket] }
  }

  /// The first matching job: clients by service received, each client's jobs by arrival.
  func first(_ turns: FairShare, where isWanted: (WaitingJob) -> Bool) -> WaitingJob? {
    for (client, _) in heads.sorted(by: { isBefore($0, $1, turns) }) {
      for ticket in lines[client]?.tickets ?? [] {
        if let job = jobs[ticket], isWanted(job) { return job }
      }
    }
    return nil
  }

  /// Counts a job that starts before this one.
  mutating func pass(_ ticket: AdmissionQueue.Ticket) {
    jobs[ticket]?.passes += 1
  }

  private typealias Head = (client: String?, ticket: AdmissionQueue.Ticket)

  private var heads: [Head] {
    lines.compactMap { client, line in line.tickets.first.map { (client, $0) } }
  }

  private func isBefore(_ one: Head, _ other: Head, _ turns: FairShare) -> Bool {
    (turns.standing(one.client), one.ticket) < (turns.standing(other.client), other.ticket)
  }
}
