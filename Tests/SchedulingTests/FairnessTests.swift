import Scheduling
import Support
import Testing

/// Clients with more work than there are runners, in whole seconds.
@Suite("Admission queue, fairness") struct FairnessTests {
  private struct Job: Hashable {
    let ticket: Int
    let client: String?
    let seconds: Int
  }

  /// Textbook deficit round robin with a quantum of a second.
  ///
  /// A client without debt takes a turn and owes its job; when no waiting client is without debt,
  /// all debts shrink by a second.
  private struct RoundRobin {
    var debts: [String?: Int] = [:]

    /// Chooses among the oldest jobs of each waiting client.
    mutating func next(_ heads: [Job]) -> Int? {
      guard !heads.isEmpty else { return nil }
      while true {
        let free = heads.filter { debts[$0.client, default: 0] == 0 }
        if let chosen = free.min(by: { $0.ticket < $1.ticket }) {
          debts[chosen.client] = chosen.seconds
          return chosen.ticket
        }
        debts = debts.mapValues { max(0, $0 - 1) }
      }
    }
  }

  private static func demand(_ client: String?, _ seconds: Int) -> AdmissionQueue.Demand {
    .init(seconds: Double(seconds), bytes: 0, owner: Owner(client: client, request: ""))
  }

  @Test func `FairShare: clients without a name take turns by address`() throws {
    let line = QueueUnderTest(.init(runners: 1, waiting: 100, heldBytes: 1))
    func owner(_ address: String) -> Owner { Owner(client: nil, address: address, request: "") }
    for _ in 0..<50 {
      try #require(line.join(.init(seconds: 1, bytes: 0, owner: owner("192.0.2.1"))) != nil)
    }
    let other = try #require(
      line.join(.init(seconds: 1, bytes: 0, owner: owner("192.0.2.2"))))
    let first = try #require(line.startNext())
    line.release(first)
    #expect(first != other)
    #expect(line.startNext() == other)
    // A name goes before the address that it is used from.
    #expect(Owner(client: "ada", address: "192.0.2.1", request: "").turn == "ada")
  }

  private static func heads(_ waiting: [Job]) -> [Job] {
    Dictionary(grouping: waiting, by: \.client).values.compactMap { jobs in
      jobs.min { $0.ticket < $1.ticket }
    }
  }

  @Test(arguments: 0..<60)
  func `FairShare: the order is that of textbook round robin, with arrivals, departures and ends`(
    seed: Int
  ) throws {
    var chance = SeededNumbers(seed: seed)
    let line = QueueUnderTest(
      .init(runners: 1 + chance.below(3), waiting: 40, heldBytes: 1))
    let clients: [String?] = [nil] + (0..<chance.below(6)).map { "user\($0)" }
    var (waiting, running, oracle) = ([Job](), [Job](), RoundRobin())
    for _ in 0..<500 {
      switch chance.below(8) {
      case 0..<4:
        let (client, seconds) = (clients[chance.below(clients.count)], 1 + chance.below(9))
        if let ticket = line.join(Self.demand(client, seconds)) {
          waiting.append(Job(ticket: ticket, client: client, seconds: seconds))
        }
      case 4 where !waiting.isEmpty:
        let gone = waiting.remove(at: chance.below(waiting.count))
        try #require(line.leave(gone.ticket))
      case 5..<7 where !running.isEmpty:
        line.release(running.remove(at: chance.below(running.count)).ticket)
      default: break
      }
      if waiting.isEmpty, running.isEmpty { oracle = RoundRobin() }
      while running.count < line.line.limits.runners, let next = oracle.next(Self.heads(waiting)) {
        try #require(line.line.first == next)
        try #require(line.startNext() == next)
        let index = try #require(waiting.firstIndex { $0.ticket == next })
        running.append(waiting.remove(at: index))
      }
    }
  }

  @Test(arguments: 0..<40)
  func `FairShare: the service of two active clients differs by at most one job of each`(
    seed: Int
  ) throws {
    var chance = SeededNumbers(seed: seed)
    let line = QueueUnderTest(.init(runners: 1 + chance.below(3), waiting: 1000, heldBytes: 1))
    let largest = [1, 3, 10, 50, 100].map { $0 + chance.below(20) }
    var (had, running) = ([Int](repeating: 0, count: 5), [AdmissionQueue.Ticket]())
    var jobs: [AdmissionQueue.Ticket: (client: Int, seconds: Int)] = [:]
    func refill(_ client: Int) throws {
      let seconds = 1 + chance.below(largest[client])
      let ticket = try #require(line.join(Self.demand("user\(client)", seconds)))
      jobs[ticket] = (client, seconds)
    }
    for _ in 0..<20 { for client in 0..<5 { try refill(client) } }
    for _ in 0..<2000 {
      for ticket in line.start() {
        let job = try #require(jobs[ticket])
        had[job.client] += job.seconds
        try refill(job.client)
        running.append(ticket)
        for one in 0..<5 {
          for other in 0..<one {
            try #require(abs(had[one] - had[other]) <= largest[one] + largest[other])
          }
        }
      }
      line.release(running.remove(at: chance.below(running.count)))
    }
    #expect(had.allSatisfy { $0 > 1000 })
  }

  @Test(arguments: 0..<40)
  func `FairShare: a client with one image waits for at most one job of each other client`(
    seed: Int
  ) throws {
    var chance = SeededNumbers(seed: seed)
    let line = QueueUnderTest(.init(runners: 1, waiting: 1000, heldBytes: 1))
    var clients: [AdmissionQueue.Ticket: Int] = [:]
    for _ in 0..<(50 + chance.below(500)) {
      let client = chance.below(4)
      let ticket = try #require(
        line.join(Self.demand("user\(client)", 1 + chance.below(30))))
      clients[ticket] = client
    }
    var running: AdmissionQueue.Ticket?
    for _ in 0..<chance.below(40) {
      if let running { line.release(running) }
      running = line.startNext()
    }
    // However large that job is.
    let lone = try #require(line.join(Self.demand("lone", 1 + chance.below(1000))))
    var before: [Int: Int] = [:]
    while true {
      if let running { line.release(running) }
      let next = try #require(line.startNext())
      running = next
      if next == lone { break }
      let client = try #require(clients[next])
      before[client, default: 0] += 1
    }
    #expect(before.values.allSatisfy { $0 == 1 }, "\(before)")
  }

  @Test func `FairShare: a thousand images of one client do not delay one of another`() throws {
    let line = QueueUnderTest(.init(runners: 1, waiting: 2000, heldBytes: 1))
    for _ in 0..<1000 { _ = line.join(Self.demand("many", 7)) }
    let first = try #require(line.startNext())
    let lone = try #require(line.join(Self.demand("one", 7)))
    line.release(first)
    #expect(line.startNext() == lone)
  }

  @Test func `FairShare: idle time earns no credit`() throws {
    let line = QueueUnderTest(.init(runners: 1, waiting: 2000, heldBytes: 1))
    for _ in 0..<200 { _ = line.join(Self.demand("busy", 1)) }
    for _ in 0..<100 { line.release(try #require(line.startNext())) }
    for _ in 0..<100 { _ = line.join(Self.demand("late", 1)) }
    var late = 0
    for _ in 0..<20 {
      let ticket = try #require(line.startNext())
      if ticket > 200 { late += 1 }
      line.release(ticket)
    }
    #expect((9...11).contains(late), "\(late) of 20")
  }

  @Test(arguments: 0..<30)
  func `AdmissionQueue: the forecast comes true when no job arrives or leaves`(seed: Int) throws {
    var chance = SeededNumbers(seed: seed)
    let line = QueueUnderTest(.init(runners: 1 + chance.below(3), waiting: 100, heldBytes: 1))
    var seconds: [AdmissionQueue.Ticket: Int] = [:]
    var ends: [AdmissionQueue.Ticket: Int] = [:]
    for _ in 0..<30 {
      let demand = Self.demand("user\(chance.below(4))", 1 + chance.below(9))
      let joined = try #require(line.join(demand))
      seconds[joined] = Int(demand.seconds)
      if ends.count < 3 { for ticket in line.start() { ends[ticket] = seconds[ticket] } }
    }
    line.clock.advance(by: .milliseconds(500))
    let forecast = line.forecast
    #expect(forecast.count == line.line.waitingCount)
    #expect(line.room == (ends.values.min().map { Double($0) } ?? 0) - 0.5)
    line.clock.advance(by: .milliseconds(-500))
    var (now, order, starts) = (0, [AdmissionQueue.Ticket](), [Double]())
    while let next = ends.values.min() {
      line.clock.advance(by: .seconds(next - now))
      now = next
      for (ticket, end) in ends where end == now {
        line.release(ticket)
        ends[ticket] = nil
      }
      for ticket in line.start() {
        order.append(ticket)
        starts.append(Double(now) - 0.5)
        ends[ticket] = now + (seconds[ticket] ?? 0)
      }
    }
    #expect(forecast.map(\.ticket) == order)
    #expect(forecast.map(\.start) == starts)
    #expect(zip(forecast, order).allSatisfy { Int($0.end - $0.start) == seconds[$1] })
  }
}
