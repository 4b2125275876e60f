import Scheduling
import Support
import Testing

@Suite("Admission queue") struct AdmissionQueueTests {
  private func line(runners: Int = 1, waiting: Int = 10, bytes: Int = 100) -> QueueUnderTest {
    QueueUnderTest(.init(runners: runners, waiting: waiting, heldBytes: bytes))
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
  func `AdmissionQueue: a job larger than the budget starts alone, and nothing beside it`(
    bytes: Int
  ) throws {
    let line = line(runners: 3)
    let small = try #require(line.join(demand(1)))
    let large = try #require(line.join(demand(bytes)))
    let last = try #require(line.join(demand(1)))
    #expect(line.start() == [small])
    line.release(small)
    #expect(line.start() == [large])
    line.release(large)
    #expect(line.start() == [last])
  }

  @Test func `AdmissionQueue: a small job does not overtake a large one`() throws {
    let line = line(runners: 3)
    let tickets = try [90, 20, 5].map { try #require(line.join(demand($0))) }
    #expect(line.start() == [tickets[0]])
    line.release(tickets[0])
    #expect(line.start() == [tickets[1], tickets[2]])
  }

  @Test func `AdmissionQueue: a job that leaves makes way for the next`() throws {
    let line = line()
    let tickets = try [90, 100, 5, 5].map { try #require(line.join(demand($0))) }
    #expect(line.start() == [tickets[0]])
    line.finish(tickets[0])
    #expect(line.leave(tickets[2]) && !line.leave(tickets[2]))
    #expect(line.leave(tickets[1]) && line.line.first == tickets[3])
    #expect(line.start() == [tickets[3]])
    #expect(!line.leave(tickets[3]), "it runs")
    #expect(!line.leave(99))
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
