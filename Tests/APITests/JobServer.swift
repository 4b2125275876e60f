import API
import Backlog
import Featurization
import Foundation
import HTTPTypes
import Jobs
import Support
import Testing

/// A service that keeps jobs, and runs them while a test talks to it.
struct JobServer: Sendable {
  let exchange: StubService
  let jobs: JobService
  let backlog: any JobBacklog

  init(
    in folder: TemporaryFolder, gate: Gate = Gate(isOpen: true), policy: AccessPolicy,
    backlog: any JobBacklog
  ) async throws {
    let stub = StubFeaturizer(gate: gate, disk: try await folder.store(budget: 1 << 26))
    self.backlog = backlog
    jobs = JobService(backlog, stub.services, batchJobs: 50, describe: Problem.failure)
    exchange = StubService(stub, policy: policy, jobs: jobs)
  }

  /// Runs jobs while `body` asks; with `isWorking` false they are taken and stay.
  static func open(
    in folder: TemporaryFolder = TemporaryFolder(), gate: Gate = Gate(isOpen: true),
    policy: AccessPolicy = AccessPolicy(),
    backlog: any JobBacklog = MemoryBacklog(policy: BacklogPolicy()), isWorking: Bool = true,
    _ body: (JobServer) async throws -> Void
  ) async throws {
    let server = try await JobServer(in: folder, gate: gate, policy: policy, backlog: backlog)
    try await withThrowingTaskGroup(of: Void.self) { group in
      if isWorking { group.addTask { await server.jobs.run() } }
      do {
        try await body(server)
      } catch {
        gate.open()
        group.cancelAll()
        throw error
      }
      gate.open()
      if isWorking { await server.jobs.drain(within: .zero) }
      try await group.waitForAll()
    }
  }

  static let prefersJob: HTTPFields = prefer("respond-async")

  static func prefer(_ text: String) -> HTTPFields { field("Prefer", text) }

  static func field(_ name: String, _ value: String) -> HTTPFields {
    guard let name = HTTPField.Name(name) else { return [:] }
    return [name: value]
  }

  /// The document at a path, when it has ended.
  func ended(_ path: String, fields: HTTPFields = [:]) async throws -> Node {
    let outcome = try await exchange.send(.get, "\(path)?wait=55", fields: fields)
    #expect(outcome.status == 200, "\(outcome.text)")
    return Node(outcome)
  }

  /// Submits an image, and gives the path of its job.
  func submit(
    _ query: String, _ image: [UInt8], fields: HTTPFields = [:]
  ) async throws -> String {
    var fields = fields
    for field in JobServer.prefersJob { fields.append(field) }
    let taken = try await exchange.send(.post, query, image, fields: fields)
    #expect(taken.status == 202, "\(taken.text)")
    return try #require(taken["Location"])
  }
}

extension Node {
  init(_ outcome: StubService.Outcome) {
    self.init(value: try? JSONSerialization.jsonObject(with: Data(outcome.body)))
  }

  var number: Int? { (value as? NSNumber)?.intValue }
}

extension StubService.Outcome {
  /// The documents of lines of JSON.
  var lines: [Node] {
    body.split(separator: UInt8(ascii: "\n")).map {
      Node(value: try? JSONSerialization.jsonObject(with: Data($0)))
    }
  }
}

extension BadInput {
  /// The id of no job.
  static let noID = "00000000-0000-7000-8000-000000000000"
}
