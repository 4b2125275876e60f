import API
import Featurization
import Files
import Foundation
import HTTPTypes
import Imaging
import Scheduling
import Support
import Testing

@Suite("Fields that are being made", .timeLimit(.minutes(2))) struct FieldsUnderWayTests {
  private let image: [UInt8]
  private static let async: HTTPFields = {
    guard let name = HTTPField.Name("Prefer") else { return [:] }
    return [name: "respond-async"]
  }()

  init() throws {
    image = try Raster.noise(30, 20).png()
  }

  private struct Progress: Decodable {
    struct Problem: Decodable {
      let type: String
      let status: Int
    }
    let id: String
    let image: String
    let state: String
    var progress: Double?
    var seconds: Double?
    var secondsLeft: Double?
    let views: Int
    var viewsDone: Int?
    var position: Int?
    var problem: Problem?
  }

  private func progress(_ outcome: StubService.Outcome) throws -> Progress {
    try JSONDecoder().decode(Progress.self, from: Data(outcome.body))
  }

  @Test func `Fields: who does not wait is told where to ask, and how far the field is`()
    async throws
  {
    let gate = Gate(letting: 3)
    let exchange = StubService(StubFeaturizer(gate: gate))
    let begun = try await exchange.send(
      .post, "/fields?quality=draft", image, fields: Self.async)
    #expect(begun.status == 202 && begun["Preference-Applied"] == "respond-async")
    let first = try progress(begun)
    #expect(begun.fields[.location] == "/fields/\(first.id)")
    #expect(["waiting", "encoding"].contains(first.state) && first.views == 4)
    #expect(try #require(first.seconds) >= 0 && first.problem == nil)
    let path = "/fields/\(first.id)"
    #expect(await gate.arrived(4))
    let asked = try await exchange.send(.get, path)
    let now = try progress(asked)
    #expect(asked.status == 200 && now.state == "encoding")
    #expect(now.progress == 0.25 && now.viewsDone == 1 && now.id == first.id)
    // What is asked of a part of the views is not kept by anyone.
    for query in ["pca", "similarity?x=1&y=1"] {
      let mark = query.contains("?") ? "&" : "?"
      let part = try await exchange.send(.get, "\(path)/\(query)\(mark)views=partial")
      #expect(part.status == 200 && part["Eyepiece-Views"] == "1/4", "\(query)")
      #expect(part.fields[.eTag] == nil && part.fields[.cacheControl] == "no-store")
    }
    gate.open()
    let ready = try progress(try await exchange.send(.get, "\(path)?wait=30"))
    #expect(ready.state == "ready" && ready.views == 4)
    let whole = try await exchange.send(.get, "\(path)/pca?views=partial")
    #expect(whole["Eyepiece-Views"] == "4/4")
    let usual = try await exchange.send(.get, "\(path)/pca")
    #expect(whole.body == usual.body && whole.fields[.eTag] == usual.fields[.eTag])
    #expect(usual["Eyepiece-Views"] == nil)
    // Now it is at hand: there is nothing to wait for.
    let again = try await exchange.send(
      .post, "/fields?quality=draft", image, fields: Self.async)
    #expect(again.status == 200 && again["Preference-Applied"] == nil)
  }

  @Test func `Fields: the views that are there answer for the last of their layers`() async throws {
    let gate = Gate(letting: 3)
    let exchange = StubService(StubFeaturizer(gate: gate))
    let begun = try await exchange.send(
      .post, "/fields?quality=draft&layer=0,last", image, fields: Self.async)
    let path = "/fields/\(try progress(begun).id)"
    #expect(await gate.arrived(4))
    let part = try await exchange.send(.get, "\(path)/pca?layer=last&views=partial")
    #expect(part.status == 200 && part["Eyepiece-Views"] == "1/4")
    gate.open()
    _ = try await exchange.send(.get, "\(path)?wait=30")
    let usual = try await exchange.send(.get, "\(path)/pca?layer=last")
    let alone = try await exchange.send(.post, "/features?quality=draft&output=pca", image)
    #expect(usual.status == 200 && usual.body == alone.body)
  }

  @Test func `Fields: one that is being made can be given up`() async throws {
    let gate = Gate()
    let exchange = StubService(StubFeaturizer(gate: gate))
    let id = try progress(
      try await exchange.send(.post, "/fields", image, fields: Self.async)
    ).id
    let early = try await exchange.send(.get, "/fields/\(id)/pca?views=partial")
    #expect(early.status == 503 && early.fields[.retryAfter] != nil)
    #expect(try ProblemDocument(early, "early").kind == "no-view-yet")
    #expect(try await exchange.send(.delete, "/fields/\(id)").status == 204)
    #expect(try await exchange.send(.get, "/fields/\(id)").status == 404)
    #expect(try await exchange.send(.delete, "/fields/\(id)").status == 404)
    gate.open()
    let made = try await exchange.send(.post, "/fields", image)
    #expect(made["Eyepiece-Field"] == id)
    let refused = try await exchange.send(.delete, "/fields/\(id)")
    #expect(refused.status == 409)
    #expect(try ProblemDocument(refused, "made").kind == "field-is-made")
  }

  @Test func `Fields: what could not be made says why, and counts no longer`() async throws {
    var list = TokenList()
    let ada = try list.add("ada", created: .now, work: 1)
    let bob = try list.add("bob", created: .now, work: 2)
    let gate = Gate()
    let exchange = StubService(
      StubFeaturizer(gate: gate, line: .init(runners: 1, waiting: 9, heldBytes: 1 << 30)),
      policy: AccessPolicy(tokens: list))
    func fields(_ token: String, _ more: HTTPFields = [:]) -> HTTPFields {
      var fields = more
      fields[.authorization] = "Bearer \(token)"
      return fields
    }
    let first = try await exchange.send(.post, "/fields", image, fields: fields(bob, Self.async))
    #expect(first.status == 202)
    #expect(await gate.arrived(1))
    let other = try Raster.noise(30, 20, seed: 2).png()
    let begun = try await exchange.send(.post, "/fields", other, fields: fields(ada, Self.async))
    let waiting = try progress(begun)
    #expect(begun.status == 202 && waiting.state == "waiting")
    let queue = exchange.stub.services.fields.queue
    while queue.counts.waiting == 0 { await Task.yield() }
    // Its making counts against ada's one request, and only she may give it up.
    let full = try await exchange.send(.get, "/fields/\(waiting.id)/pca", fields: fields(ada))
    #expect(full.status == 429)
    let asked = try await exchange.send(.get, "/fields/\(waiting.id)", fields: fields(ada))
    #expect(asked.status == 200)
    let theirs = try await exchange.send(.delete, "/fields/\(waiting.id)", fields: fields(bob))
    #expect(theirs.status == 403)
    #expect(try ProblemDocument(theirs, "theirs").kind == "field-of-others")
    let seen = try progress(
      try await exchange.send(.get, "/fields/\(waiting.id)", fields: fields(bob)))
    #expect(seen.state == "waiting" && seen.position == 1)
    try await exchange.stub.services.images.remove(
      try #require(.init(imageName: waiting.image)), for: .administrator)
    gate.open()
    let failed = try progress(
      try await exchange.send(.get, "/fields/\(waiting.id)?wait=30", fields: fields(bob)))
    #expect(failed.state == "failed" && failed.problem?.type == "/problems/no-such-image")
    #expect(failed.problem?.status == 404)
    let forgotten = try await exchange.send(
      .delete, "/fields/\(waiting.id)", fields: fields(ada))
    #expect(forgotten.status == 204)
    let unknown = try await exchange.send(
      .get, "/fields/\(waiting.id)", fields: fields(ada))
    #expect(unknown.status == 404)
  }

  @Test(arguments: [
    "?wait=31", "?wait=-1", "?wait=", "?wait=1&wait=1", "?wait=x", "?view=1", "/pca?views=some",
    "/pca?views=all&views=all", "/features?views=partial",
  ])
  func `Fields: other waits and views are refused`(query: String) async throws {
    let exchange = StubService()
    let id = try await exchange.field(image)
    #expect(try await exchange.send(.get, "/fields/\(id)\(query)").status == 400)
  }
}
