import Scheduling
import Support
import Testing

@Suite("Admission queue") struct AdmissionQueueTests {
  private func line(
    runners: Int = 1, waiting: Int = 10, bytes: Int = 100, passes: Int = 16
  ) -> QueueUnderTest {
    var limits = AdmissionQueue.Limits(runners: runners, waiting: waiting, heldBytes: bytes)
    limits.passes = passes
    return QueueUnderTest(limits)
  }

  private func demand(_ bytes: Int = 1, seconds: Double = 1) -> AdmissionQueue.Demand {
    .init(seconds: seconds, bytes: bytes)
  }

  @Test func `AdmissionQueue: jobs start in order of arrival`() throws {
    let line = line()
    let tickets = try (0..<5).map { _ in try #require(line.join(demand())) }
    for ticket in tickets {
      #expect(line.line.first == ticket)
      #expect(line.start() == [ticket])
      line.finish(ticket)
      line.release(ticket)
    }
    #expect(line.line.first == nil && line.startNext() == nil)
  }

  @Test(arguments: 1...4)
  func `AdmissionQueue: no more jobs run than there are runners`(runners: Int) throws {
    let line = line(runners: runners)
    let tickets = try (0..<6).map { _ in try #require(line.join(demand())) }
    #expect(line.start() == Array(tickets.prefix(runners)))
    #expect(line.line.runningCount == runners && line.line.waitingCount == 6 - runners)
    line.finish(tickets[0])
    #expect(line.start() == [tickets[runners]])
  }

  @Test func `AdmissionQueue: bytes stay held after the work until they are released`() throws {
    let line = line(runners: 2)
    let first = try #require(line.join(demand(60)))
    let second = try #require(line.join(demand(60)))
    #expect(line.start() == [first])
    line.finish(first)
    #expect(line.line.heldBytes == 60 && line.line.runningCount == 0 && line.start() == [])
    line.release(first)
    #expect(line.line.heldBytes == 0 && line.start() == [second])
  }

  @Test func `AdmissionQueue: a job that just fits the budget starts beside the others`() throws {
    let line = line(runners: 3)
    let tickets = try [40, 60, 1].map { try #require(line.join(demand($0))) }
    #expect(line.start() == Array(tickets.prefix(2)) && line.line.heldBytes == 100)
    line.release(tickets[0])
    #expect(line.start() == [tickets[2]])
  }

  @Test(arguments: [101, 1_000_000, Int.max])
  func `AdmissionQueue: an oversized job starts alone, and nothing beside it`(bytes: Int) throws {
    let line = line(runners: 3, passes: 0)
    let small = try #require(line.join(demand(1)))
    let large = try #require(line.join(demand(bytes)))
    let last = try #require(line.join(demand(1)))
    #expect(line.start() == [small])
    line.release(small)
    #expect(line.start() == [large])
    line.release(large)
    #expect(line.start() == [last])
  }

  @Test func `AdmissionQueue: a job that leaves makes way for the next`() throws {
    let line = line()
    let tickets = try [90, 100, 50, 5].map { try #require(line.join(demand($0))) }
    #expect(line.startNext() == tickets[0])
    line.finish(tickets[0])
    #expect(line.leave(tickets[2]) && !line.leave(tickets[2]))
    #expect(line.leave(tickets[1]) && line.line.first == tickets[3])
    #expect(line.start() == [tickets[3]])
    #expect(!line.leave(tickets[3]), "it runs")
    #expect(!line.leave(99))
  }

  @Test func `AdmissionQueue: bytes released while an answer is read let others start`() throws {
    let line = line(runners: 2)
    let first = try #require(line.join(demand(90)))
    let second = try #require(line.join(demand(60)))
    #expect(line.start() == [first])
    line.shrink(first, to: 95)
    #expect(line.line.heldBytes == 90 && line.start() == [])
    line.shrink(first, to: 40)
    #expect(line.line.heldBytes == 40 && line.start() == [second])
    line.release(first)
    line.shrink(first, to: 0)
    #expect(line.line.heldBytes == 60)
  }

  @Test func `AdmissionQueue: a job starts at once only if none waits and its bytes fit`() throws {
    let line = line(runners: 2)
    let first = try #require(line.startAtOnce(demand(60)))
    #expect(line.line.runningCount == 1 && line.line.heldBytes == 60)
    #expect(line.startAtOnce(demand(41)) == nil)
    line.finish(first)
    let large = try #require(line.join(demand(50)))
    #expect(line.start() == [] && line.startAtOnce(demand(1)) == nil)
    line.release(first)
    #expect(line.start() == [large] && line.startAtOnce(demand(50)) != nil)
    #expect(line.startAtOnce(demand(0)) == nil, "no runner is free")
  }

  @Test(arguments: [0, 1, 3])
  func `AdmissionQueue: a job that lacks only bytes is passed by at most the limit`(
    passes: Int
  ) throws {
    let line = line(runners: 9, passes: passes)
    let first = try #require(line.join(demand(90)))
    let large = try #require(line.join(demand(20)))
    let small = try (0..<5).map { _ in try #require(line.join(demand(2))) }
    #expect(line.start() == [first] + small.prefix(passes))
    #expect(line.line.first == large)
    for ticket in small.prefix(passes) { line.release(ticket) }
    #expect(line.start() == [], "they have had their passes")
    line.release(first)
    #expect(line.start() == [large] + small.dropFirst(passes))
  }

  @Test func `AdmissionQueue: no job passes one that lacks a runner`() throws {
    let line = line(runners: 1)
    let tickets = try [10, 90, 1].map { try #require(line.join(demand($0))) }
    #expect(line.start() == [tickets[0]])
    line.finish(tickets[0])
    #expect(line.start() == [tickets[1]])
  }

  @Test func `AdmissionQueue: a job that passes is charged, and the passed one stays next`()
    throws
  {
    let line = line(runners: 9)
    func join(_ client: String, _ bytes: Int) throws -> AdmissionQueue.Ticket {
      var demand = demand(bytes)
      demand.owner = Owner(client: client, request: "")
      return try #require(line.join(demand))
    }
    let first = try join("a", 90)
    #expect(line.start() == [first])
    let large = try join("b", 80)
    let small = try (0..<3).map { _ in try join("c", 1) }
    #expect(line.start() == small)
    let others = [try join("c", 80), try join("b", 80)]
    line.release(first)
    #expect(line.start() == [large])
    line.release(large)
    #expect(line.startNext() == others[1], "b has had one, c three")
  }

  @Test func `AdmissionQueue: the age limit counts from a job's arrival`() throws {
    let line = QueueUnderTest(
      .init(runners: 1, waiting: 10, heldBytes: 100, age: .seconds(30)))
    let running = try #require(line.join(demand()))
    #expect(line.line.deadline(of: running) == line.clock.now.advanced(by: .seconds(30)))
    #expect(line.start() == [running] && line.line.deadline(of: running) == nil)
    let waiting = try #require(line.join(demand()))
    let deadline = line.clock.now.advanced(by: .seconds(30))
    line.clock.advance(by: .seconds(10))
    _ = line.join(demand())
    #expect(line.line.deadline(of: waiting) == deadline)
  }

  @Test func `AdmissionQueue: a full queue accepts no job until one leaves or starts`() throws {
    let line = line(waiting: 2)
    let tickets = try (0..<2).map { _ in try #require(line.join(demand())) }
    #expect(line.line.isFull && line.join(demand()) == nil)
    #expect(line.start() == [tickets[0]] && !line.line.isFull)
    let third = try #require(line.join(demand()))
    #expect(line.line.isFull && line.join(demand()) == nil)
    #expect(line.leave(third) && !line.line.isFull)
  }

  @Test
  func `AdmissionQueue: without waiting places a job that can start is accepted`() throws {
    let line = line(waiting: 0)
    #expect(!line.line.isFull)
    let first = try #require(line.join(demand(60)))
    #expect(line.line.isFull && line.join(demand()) == nil)
    #expect(line.start() == [first])
    #expect(line.line.isFull && line.join(demand()) == nil)
    line.finish(first)
    #expect(
      !line.line.isFull && line.join(demand(60)) == nil, "it would have to wait for the bytes")
    #expect(line.join(demand(40)) != nil)
  }

  @Test func `AdmissionQueue: room is predicted for when the first running job ends`() throws {
    let line = line(runners: 2)
    #expect(line.room == 0)
    let tickets = try [3, 5, 7].map { try #require(line.join(demand(1, seconds: $0))) }
    #expect(line.start() == Array(tickets.prefix(2)) && line.room == 3)
    line.clock.advance(by: .seconds(1))
    #expect(line.room == 2)
    line.clock.advance(by: .seconds(9))
    #expect(line.room == 3.0 / 8, "it takes longer than was predicted")
    line.finish(tickets[0])
    #expect(line.start() == [tickets[2]])
    line.clock.advance(by: .seconds(1))
    line.finish(tickets[1])
    #expect(line.room == 0)
  }

  @Test
  func `AdmissionQueue: the end of a client's next job is predicted from its own jobs`() throws {
    let line = line()
    let end = { (client: String) in line.line.predictedEnd(of: client, at: line.clock.now) }
    for (client, seconds) in [("a", 4.0), ("b", 2.0), ("a", 1.0), ("b", 8.0)] {
      var demand = demand(1, seconds: seconds)
      demand.owner = Owner(client: client, request: "")
      _ = try #require(line.join(demand))
    }
    #expect(end("a") == 4 && end("b") == 6 && end("c") == 0)
    #expect(line.start().count == 1)
    line.clock.advance(by: .seconds(3))
    #expect(end("a") == 1 && end("b") == 3)
  }
}
