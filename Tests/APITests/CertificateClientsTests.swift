import API
import Featurization
import Foundation
import HTTPTypes
import Imaging
import Scheduling
import Support
import Testing

/// Clients that TLS knows by their certificates.
@Suite("Clients with certificates", .timeLimit(.minutes(2))) struct CertificateClientsTests {
  private struct Queue: Decodable {
    struct Job: Decodable {
      let request: String
    }
    let waiting: Int
    let jobs: [Job]
  }

  private func jobs(_ exchange: StubService, of certificate: String) async throws -> [String] {
    let outcome = try await exchange.send(.get, "/queue", certificate: certificate)
    return try JSONDecoder().decode(Queue.self, from: Data(outcome.body)).jobs.map(\.request)
  }

  @Test func `Certificate clients: each has a quota, a turn and a place in the queue of its own`()
    async throws
  {
    let gate = Gate()
    let stub = StubFeaturizer(
      workers: 1, gate: gate, line: .init(runners: 1, waiting: 10, heldBytes: 1 << 30))
    let exchange = StubService(stub, policy: AccessPolicy(quota: .init(work: 2, bytes: 1 << 20)))
    func post(_ seed: UInt64, _ certificate: String, _ name: String) throws -> Task<Int, any Error>
    {
      let image = try Raster.noise(20, 20, seed: seed).png()
      let fields = HTTPField.Name("X-Request-Id").map { [$0: name] as HTTPFields } ?? [:]
      return Task {
        try await exchange.send(
          .post, "/features?quality=draft", image, fields: fields, certificate: certificate
        ).status
      }
    }
    var tasks: [Task<Int, any Error>] = []
    for (index, certificate) in ["CN=ada", "CN=ada", "CN=bob"].enumerated() {
      tasks.append(try post(UInt64(index + 2), certificate, "job-\(index)"))
      #expect(
        await eventually {
          let counts = stub.services.fields.queue.counts
          return counts.running == 1 && counts.waiting == index
        })
    }
    let refused = try await exchange.send(
      .post, "/features?quality=draft", Raster.noise(20, 20, seed: 9).png(), certificate: "CN=ada")
    let problem = try ProblemDocument(refused, "429")
    #expect(problem.kind == "token-requests" && problem.limit == 2)
    #expect(refused["RateLimit"]?.hasPrefix(#""work";r=0"#) == true)
    #expect(try await jobs(exchange, of: "CN=ada") == ["job-1"])
    #expect(try await jobs(exchange, of: "CN=bob") == ["job-2"])
    #expect(try await jobs(exchange, of: "CN=eve") == [])
    gate.open()
    for task in tasks { #expect(try await task.value == 200) }
    #expect(Set(exchange.records.value.compactMap(\.client)) == ["CN=ada", "CN=bob", "CN=eve"])
  }

  @Test func `Certificate clients: where tokens are needed, a certificate is none`() async throws {
    var list = TokenList()
    let ada = try list.add("ada", created: .now)
    let exchange = StubService(policy: AccessPolicy(tokens: list))
    let refused = try await exchange.send(.get, "/models", certificate: "CN=ada")
    #expect(refused.status == 401)
    let answered = try await exchange.send(
      .get, "/models", fields: [.authorization: "Bearer \(ada)"], certificate: "CN=bob")
    #expect(answered.status == 200)
    #expect(exchange.records.value.map(\.client) == [nil, "ada"])
  }
}
