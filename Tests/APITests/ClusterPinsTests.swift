import API
import Backlog
import Cache
import Featurization
import HTTPTypes
import Imaging
import Jobs
import Support
import Testing

@Suite("Pins of jobs of clusters", .timeLimit(.minutes(2))) struct ClusterPinsTests {
  @Test func `JobPins: the fields of clusters that are to be made stay until these are`()
    async throws
  {
    let folder = TemporaryFolder()
    let disk = try await folder.store(budget: 1 << 24)
    let stub = StubFeaturizer(disk: disk)
    let jobs = JobService(
      MemoryBacklog(policy: BacklogPolicy()), stub.services, batchJobs: 50,
      describe: Problem.failure)
    let exchange = StubService(stub, policy: AccessPolicy(), jobs: jobs)
    var fields: [String] = []
    for seed in 1...2 {
      fields.append(
        try await exchange.field(Raster.noise(56, 42, seed: UInt64(seed)).png(), "stride=7"))
    }
    let free = disk.pinRoom
    func submit(_ k: Int, _ fields: [String]) async throws -> String {
      let list = fields.map { "\"\($0)\"" }.joined(separator: ",")
      let taken = try await exchange.send(
        .post, "/clusters", Array("{\"fields\":[\(list)],\"k\":\(k)}".utf8),
        fields: [try #require(HTTPField.Name("Prefer")): "respond-async"])
      #expect(taken.status == 202, "\(taken.text)")
      return try #require(taken["Location"])
    }
    let both = try await submit(3, fields)
    let ofBoth = disk.pinRoom
    let first = try await submit(4, [fields[0]])
    #expect(disk.pinRoom == ofBoth && ofBoth < free)
    // What another job still needs stays.
    _ = try await exchange.send(.delete, both)
    let ofFirst = disk.pinRoom
    #expect(ofFirst > ofBoth && ofFirst < free)
    _ = try await exchange.send(.delete, first)
    #expect(disk.pinRoom == free)
  }
}
