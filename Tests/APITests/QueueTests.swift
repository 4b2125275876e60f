import API
import Featurization
import Foundation
import HTTP1
import HTTPTypes
import Imaging
import Scheduling
import Support
import Testing

@Suite("Queue, as seen by clients", .timeLimit(.minutes(2))) struct QueueTests {
  private struct Queue: Decodable {
    struct Job: Decodable {
      let request: String
      let position: Int
      let startsIn: Double
      let endsIn: Double
    }
    struct Answer: Decodable {
      let request: String
      let progress: Double?
    }
    let waiting: Int
    let running: Int
    let jobs: [Job]
    let answers: [Answer]
  }

  private func queue(_ exchange: StubService, _ fields: HTTPFields = [:]) async throws -> Queue {
    let outcome = try await exchange.send(.get, "/queue", fields: fields)
    #expect(outcome.status == 200 && outcome.fields[.cacheControl] == "no-store")
    return try JSONDecoder().decode(Queue.self, from: Data(outcome.body))
  }

  @Test func `Queue listing: an empty queue lists no job`() async throws {
    let queue = try await queue(StubService())
    #expect(queue.waiting == 0 && queue.running == 0 && queue.jobs.isEmpty)
    #expect(queue.answers.isEmpty)
  }

  @Test func `Queue listing: a client sees how far answers to its own requests are`() async throws {
    var list = TokenList()
    let tokens = try ["one", "other"].map { try list.add($0, created: .now) }
    let gate = Gate(letting: 3)
    let exchange = StubService(StubFeaturizer(gate: gate), policy: AccessPolicy(tokens: list))
    func fields(_ client: Int, _ name: String) -> HTTPFields {
      var fields: HTTPFields = [.authorization: "Bearer \(tokens[client])"]
      if let id = HTTPField.Name("X-Request-Id") { fields[id] = name }
      return fields
    }
    let image = try Raster.noise(56, 42, seed: 3).png()
    let asked = fields(0, "mine")
    let clusters = Task {
      try await exchange.send(
        .post, "/features?output=clusters&k=3&quality=draft", image, fields: asked
      ).status
    }
    #expect(await gate.arrived(4))
    let (mine, others) = try await (
      queue(exchange, fields(0, "q")), queue(exchange, fields(1, "q"))
    )
    #expect(mine.answers.map(\.request) == ["mine"] && others.answers.isEmpty)
    let progress = try #require(mine.answers.first?.progress)
    #expect(progress > 0 && progress < 1, "\(progress)")
    gate.open()
    #expect(try await clusters.value == 200)
    #expect(try await queue(exchange, fields(0, "q")).answers.isEmpty)
  }

  @Test func `Queue listing: a client sees its own jobs, by request identifier, in order of start`()
    async throws
  {
    var list = TokenList()
    let many = try list.add("many", created: .now)
    let one = try list.add("one", created: .now)
    let gate = Gate()
    // At a constant time, two successive requests get the same answer.
    let now = ContinuousClock().now
    let stub = StubFeaturizer(
      workers: 1, gate: gate, line: .init(runners: 1, waiting: 10, heldBytes: 1 << 30),
      now: { now })
    let exchange = StubService(stub, policy: AccessPolicy(tokens: list))
    func fields(_ token: String, _ name: String) -> HTTPFields {
      var fields: HTTPFields = [.authorization: "Bearer \(token)"]
      if let id = HTTPField.Name("X-Request-Id") { fields[id] = name }
      return fields
    }
    func post(_ seed: UInt64, _ token: String, _ name: String) throws -> Task<Int, any Error> {
      let image = try Raster.noise(20, 20, seed: seed).png()
      let sent = fields(token, name)
      return Task {
        let outcome = try await exchange.post(
          "quality=draft", image, fields: sent)
        #expect(outcome["X-Request-Id"] == name)
        return outcome.status
      }
    }
    var tasks: [Task<Int, any Error>] = []
    for (index, token) in [many, many, many, one].enumerated() {
      tasks.append(try post(UInt64(index + 2), token, "job-\(index)"))
      let isIn = await eventually {
        let counts = stub.services.fields.queue.counts
        return counts.running == 1 && counts.waiting == index
      }
      #expect(isIn)
    }
    let (mine, others) = try await (
      queue(exchange, fields(one, "q")), queue(exchange, fields(many, "q"))
    )
    #expect(mine.waiting == 3 && mine.running == 1)
    #expect(mine.jobs.map(\.request) == ["job-3"] && mine.jobs.map(\.position) == [1])
    #expect(others.jobs.map(\.request) == ["job-1", "job-2"])
    #expect(others.jobs.map(\.position) == [2, 3])
    for job in mine.jobs + others.jobs { #expect(job.endsIn >= job.startsIn && job.startsIn >= 0) }
    #expect(others.jobs[0].startsIn >= mine.jobs[0].endsIn)
    gate.open()
    for task in tasks { #expect(try await task.value == 200) }
    #expect(try await queue(exchange, fields(one, "q")).waiting == 0)
  }
}
