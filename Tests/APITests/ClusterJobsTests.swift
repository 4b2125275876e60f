import Backlog
import Foundation
import HTTPTypes
import Imaging
import Support
import Testing

@Suite("Jobs of clusters", .timeLimit(.minutes(3))) struct ClusterJobsTests {
  private func document(_ fields: [String], _ more: String = "") -> [UInt8] {
    let list = fields.map { "\"\($0)\"" }.joined(separator: ",")
    return Array("{\"fields\":[\(list)]\(more)}".utf8)
  }

  private func fields(_ exchange: StubService) async throws -> [String] {
    [
      try await exchange.field(Raster.noise(56, 42, seed: 1).png(), "stride=7"),
      try await exchange.field(Raster.noise(42, 56, seed: 2).png(), "stride=7"),
    ]
  }

  @Test func `Clusters: of several fields they can be a job, with the same answer`() async throws {
    try await JobServer.open { server in
      let fields = try await fields(server.exchange)
      let body = document(fields, ",\"k\":3,\"elbow\":null,\"salient\":true")
      let waited = try await server.exchange.send(.post, "/clusters", body)
      let taken = try await server.exchange.send(
        .post, "/clusters", body, fields: JobServer.prefersJob)
      #expect(taken.status == 202 && taken["Preference-Applied"] == "respond-async")
      #expect(taken["Eyepiece-Field"] == nil)
      let path = try #require(taken["Location"])
      let job = try await server.ended(path)
      #expect(job["state"].text == "done" && job["field"].value == nil)
      #expect(job["request"]["target"].text == "clusters")
      #expect(job["request"]["options"]["fields"].text == fields.joined(separator: ","))
      let there = try await server.exchange.send(.get, "\(path)/result")
      #expect(there.status == 200 && there["Content-Type"] == "application/zip")
      #expect(there.body == waited.body && there["ETag"] == waited["ETag"])
      #expect(job["result"]["bytes"].number == there.body.count)
      // One that is hoped for is answered as one that was waited for.
      let hoped = try await server.exchange.send(
        .post, "/clusters", body, fields: JobServer.prefer("respond-async, wait=50"))
      #expect(hoped.status == 200 && hoped.body == waited.body)
      let refused = try await server.exchange.send(
        .post, "/clusters", document(fields, ",\"parts\":1"), fields: JobServer.prefersJob)
      #expect(refused.status == 422)
    }
  }

  @Test func `Clusters: a job whose field is gone says so`() async throws {
    try await JobServer.open { server in
      let fields = try await fields(server.exchange)
      let body = document(fields + [BadInput.zeros], "")
      let taken = try await server.exchange.send(
        .post, "/clusters", body, fields: JobServer.prefersJob)
      #expect(taken.status == 404, "\(taken.text)")
    }
  }

  @Test func `Clusters: a job tells how far its images are, and then its clusters`() async throws {
    let gate = Gate(letting: 3)
    try await JobServer.open(gate: gate) { server in
      let image = try Raster.noise(56, 42, seed: 3).png()
      let path = try await server.submit("/features?output=clusters&k=3&quality=draft", image)
      #expect(await gate.arrived(4))
      let running = Node(try await server.exchange.send(.get, path))
      #expect(running["progress"]["of"].number == 12)
      gate.open()
      #expect(try await server.ended(path)["state"].text == "done")
      // With the field at hand clusters are a job all the same.
      let again = try await server.submit("/features?output=clusters&k=4&quality=draft", image)
      let job = try await server.ended(again)
      #expect(job["state"].text == "done" && job["request"]["options"]["k"].text == "4")
    }
  }

  @Test func `Clusters: a job that is cancelled while it waits never runs`() async throws {
    try await JobServer.open(isWorking: false) { server in
      let fields = try await fields(server.exchange)
      let taken = try await server.exchange.send(
        .post, "/clusters", document(fields, ",\"k\":3"), fields: JobServer.prefersJob)
      let path = try #require(taken["Location"])
      let cancelled = try await server.exchange.send(.delete, path)
      #expect(cancelled.status == 200 && Node(cancelled)["state"].text == "cancelled")
    }
  }
}
