import API
import Backlog
import Featurization
import Files
import Foundation
import HTTPTypes
import Imaging
import Jobs
import Support
import Testing

@Suite("Jobs", .timeLimit(.minutes(3))) struct JobsTests {
  private let image: [UInt8]

  init() throws {
    image = try Raster.noise(30, 20).png()
  }

  @Test func `Jobs: what is not found where it must be could not be read, and is tried again`()
    throws
  {
    let digest = try #require(Digest(bytes: [UInt8](repeating: 7, count: 32)))
    for error in [FeaturizationError.noSuchImage(digest), .fieldGone(digest)] {
      #expect(Problem.failure(of: error).mayPass)
    }
    for error in [FeaturizationError.noComponents, .noSuchField(digest)] {
      #expect(!Problem.failure(of: error).mayPass)
    }
  }

  @Test func `Jobs: a request becomes a job, whose answer is that of a request that waits`()
    async throws
  {
    try await JobServer.open { server in
      let query = "/features?output=pca&quality=draft"
      let taken = try await server.exchange.send(
        .post, query, image, fields: JobServer.prefersJob)
      #expect(taken.status == 202 && taken["Preference-Applied"] == "respond-async")
      let path = try #require(taken["Location"])
      #expect(path.hasPrefix("/jobs/") && taken["Link"] == "<\(path)/result>; rel=\"result\"")
      let pause = try #require(taken["Retry-After"].flatMap { Int($0) })
      #expect((1...30).contains(pause))
      let job = try await server.ended(path)
      #expect(job["state"].text == "done" && job["attempt"].number == 1)
      #expect(job["request"]["options"]["output"].text == "pca")
      let there = try await server.exchange.send(.get, "\(path)/result")
      #expect(there.status == 303 && there["Location"] == job["result"]["path"].text)
      let answer = try await server.exchange.send(.get, try #require(there["Location"]))
      #expect(answer.status == 200 && answer.fields[.contentType] == "image/png")
      let waited = try await server.exchange.send(.post, query, image)
      #expect(waited.body == answer.body && waited.fields[.eTag] == answer.fields[.eTag])
      #expect(job["result"]["bytes"].number == answer.body.count)
      // What is at hand is answered at once, as is asked for.
      let again = try await server.exchange.send(
        .post, query, image, fields: JobServer.prefersJob)
      #expect(again.status == 200 && again.body == answer.body)
    }
  }

  @Test func `Jobs: an answer outlives what it was made of`() async throws {
    let folder = TemporaryFolder()
    let (path, bytes) = (Box(""), Box<[UInt8]>([]))
    try await JobServer.open(in: folder) { server in
      let job = try await server.ended(
        try await server.submit("/features?output=cls&quality=draft", image))
      path.value = try #require(job["result"]["path"].text)
      bytes.value = try await server.exchange.send(.get, path.value).body
      let name = "/images/sha256-\(SHA256.digest(of: image))"
      #expect(try await server.exchange.send(.delete, name).status == 204)
    }
    // Neither the image nor the field's numbers are needed.
    try FileManager.default.removeItem(atPath: folder.path + "/images")
    try? FileManager.default.removeItem(atPath: folder.path + "/encodings")
    try await JobServer.open(in: folder, isWorking: false) { server in
      let answer = try await server.exchange.send(.get, path.value)
      #expect(answer.status == 200 && answer.body == bytes.value && !bytes.value.isEmpty)
    }
  }

  @Test func `Jobs: a field is told as one that is made, with its job`() async throws {
    let gate = Gate(letting: 3)
    try await JobServer.open(gate: gate) { server in
      let taken = try await server.exchange.send(
        .post, "/fields?quality=draft", image, fields: JobServer.prefersJob)
      let document = Node(taken)
      let id = try #require(document["job"].text)
      #expect(taken["Location"] == "/jobs/\(id)")
      let field = try #require(document["id"].text)
      #expect(document["views"].number == 4 && document["state"].text != nil)
      #expect(await gate.arrived(4))
      let now = Node(try await server.exchange.send(.get, "/fields/\(field)"))
      #expect(now["state"].text == "encoding" && now["viewsDone"].number == 1)
      let running = Node(try await server.exchange.send(.get, "/jobs/\(id)"))
      #expect(running["state"].text == "running")
      #expect(running["progress"]["of"].number == 12)
      let part = try await server.exchange.send(.get, "/fields/\(field)/pca?views=partial")
      #expect(part["Eyepiece-Views"] == "1/4")
      gate.open()
      let ready = Node(try await server.exchange.send(.get, "/fields/\(field)?wait=30"))
      #expect(ready["state"].text == "ready")
      #expect(try await server.ended("/jobs/\(id)")["result"]["path"].text == "/fields/\(field)")
    }
  }

  @Test func `Jobs: giving up a field cancels its job`() async throws {
    let gate = Gate()
    try await JobServer.open(gate: gate) { server in
      let taken = try await server.exchange.send(
        .post, "/fields?quality=draft", image, fields: JobServer.prefersJob)
      let field = try #require(Node(taken)["id"].text)
      #expect(await gate.arrived(1))
      #expect(try await server.exchange.send(.delete, "/fields/\(field)").status == 204)
      let path = try #require(taken["Location"])
      // The encoder is held until the runner has been told.
      try await Task.sleep(for: .seconds(1))
      gate.open()
      let job = try await server.ended(path)
      #expect(job["state"].text == "cancelled")
    }
  }

  @Test func `Jobs: who hopes for an answer gets it, or a problem of its own`() async throws {
    try await JobServer.open { server in
      let hope = JobServer.prefer("respond-async, wait=50")
      let answer = try await server.exchange.send(
        .post, "/features?output=pca&quality=draft", image, fields: hope)
      #expect(answer.status == 200 && answer.fields[.contentType] == "image/png")
      let field = try await server.exchange.send(
        .post, "/fields?quality=draft&flips=none", image, fields: hope)
      #expect([200, 201].contains(field.status) && Node(field)["state"].text == "ready")
      // Only the pixels show what the header does not.
      let cut = Array(image.dropLast(60))
      let refused = try await server.exchange.send(
        .post, "/features?output=pca&quality=draft", cut, fields: hope)
      #expect(refused.status == 422, "\(refused.text)")
    }
  }

  @Test func `Jobs: what cannot be made fails with its problem, and is not tried again`()
    async throws
  {
    try await JobServer.open { server in
      let cut = Array(image.dropLast(60))
      let path = try await server.submit("/features?output=pca&quality=draft", cut)
      let job = try await server.ended(path)
      #expect(job["state"].text == "failed" && job["attempt"].number == 1)
      #expect(job["problem"]["status"].number == 422)
      let result = try await server.exchange.send(.get, "\(path)/result")
      #expect(result.status == 422)
      #expect(try ProblemDocument(result, "failed").type == job["problem"]["type"].text)
      // What the header alone shows is told before anything is taken.
      let early = try await server.exchange.send(
        .post, "/features?quality=draft", [1, 2, 3], fields: JobServer.prefersJob)
      #expect(early.status == 422)
      let listed = Node(try await server.exchange.send(.get, "/jobs"))
      #expect(listed["jobs"].items.count == 1)
    }
  }

  @Test func `Jobs: a running job is cancelled, an ended one forgotten`() async throws {
    let gate = Gate()
    try await JobServer.open(gate: gate) { server in
      let path = try await server.submit("/features?quality=draft", image)
      #expect(await gate.arrived(1))
      let early = try await server.exchange.send(.get, "\(path)/result")
      #expect(early.status == 404 && early["Retry-After"] != nil)
      #expect(try ProblemDocument(early, "early").kind == "not-finished")
      let name = "/images/sha256-\(SHA256.digest(of: image))"
      let inUse = try await server.exchange.send(.delete, name)
      #expect(inUse.status == 409)
      let cancelled = try await server.exchange.send(.delete, path)
      #expect([200, 202].contains(cancelled.status))
      gate.open()
      #expect(try await server.ended(path)["state"].text == "cancelled")
      #expect(try await server.exchange.send(.get, "\(path)/result").status == 410)
      #expect(try await server.exchange.send(.delete, path).status == 204)
      #expect(try await server.exchange.send(.get, path).status == 404)
      #expect(try await server.exchange.send(.delete, name).status == 204)
    }
  }

  @Test func `Jobs: each client sees its own, an operator all`() async throws {
    var list = TokenList()
    let ada = try list.add("ada", created: .now)
    let bob = try list.add("bob", created: .now)
    let eve = try list.add("eve", created: .now, role: .operator)
    func bearer(_ token: String) -> HTTPFields { [.authorization: "Bearer \(token)"] }
    try await JobServer.open(policy: AccessPolicy(tokens: list)) { server in
      let path = try await server.submit(
        "/features?output=cls&quality=draft", image, fields: bearer(ada))
      _ = try await server.ended(path, fields: bearer(ada))
      for end in ["", "/events", "/result"] {
        let other = try await server.exchange.send(.get, path + end, fields: bearer(bob))
        let none = try await server.exchange.send(
          .get, "/jobs/\(BadInput.noID)\(end)", fields: bearer(bob))
        #expect(other.status == 404 && none.status == 404)
        #expect(try ProblemDocument(other, end).detail == ProblemDocument(none, end).detail)
      }
      #expect(try await server.exchange.send(.delete, path, fields: bearer(bob)).status == 404)
      let count = { (token: String) in
        Node(try await server.exchange.send(.get, "/jobs", fields: bearer(token)))["jobs"].items
          .count
      }
      #expect(try await count(ada) == 1)
      #expect(try await count(bob) == 0)
      #expect(try await count(eve) == 1)
      #expect(try await server.exchange.send(.delete, path, fields: bearer(eve)).status == 204)
    }
  }

  @Test func `Jobs: a list has pages, states and names`() async throws {
    try await JobServer.open(isWorking: false) { server in
      for quality in ["draft", "standard", "fine"] {
        _ = try await server.submit("/features?quality=\(quality)", image)
      }
      let first = try await server.exchange.send(.get, "/jobs?limit=2&state=waiting")
      let next = try #require(Node(first)["next"].text)
      #expect(first["Link"] == "</jobs?limit=2&state=waiting&after=\(next)>; rel=\"next\"")
      #expect(Node(first)["jobs"].items.count == 2)
      let rest = try await server.exchange.send(.get, "/jobs?limit=2&after=\(next)")
      #expect(Node(rest)["jobs"].items.count == 1 && rest["Link"] == nil)
      let done = Node(try await server.exchange.send(.get, "/jobs?state=done"))
      #expect(done["jobs"].items.isEmpty)
      for bad in ["limit=0", "limit=1001", "state=x", "after=x", "batch=x", "page=2"] {
        #expect(try await server.exchange.send(.get, "/jobs?\(bad)").status == 400, "\(bad)")
      }
    }
  }

  @Test func `Jobs: the same key is the same job, of another request it is refused`() async throws {
    try await JobServer.open(isWorking: false) { server in
      var fields = JobServer.prefersJob
      for field in JobServer.field("Idempotency-Key", "one") { fields.append(field) }
      let query = "/features?quality=draft"
      let first = try await server.exchange.send(.post, query, image, fields: fields)
      let second = try await server.exchange.send(.post, query, image, fields: fields)
      #expect(first.status == 202 && second.status == 202)
      #expect(first["Location"] == second["Location"] && second["Idempotent-Replayed"] == "true")
      let other = try await server.exchange.send(
        .post, "/features?quality=fine", image, fields: fields)
      #expect(other.status == 422)
      #expect(try ProblemDocument(other, "reused").kind == "idempotency-key-reused")
    }
  }

  @Test func `Jobs: a version that is known is waited out or not told`() async throws {
    let gate = Gate()
    try await JobServer.open(gate: gate) { server in
      let path = try await server.submit("/features?output=cls&quality=draft", image)
      #expect(await gate.arrived(1))
      let now = try await server.exchange.send(.get, path)
      let tag = try #require(now.fields[.eTag])
      #expect(tag.hasPrefix("W/\""))
      let same = try await server.exchange.send(
        .get, "\(path)?wait=1", fields: [.ifNoneMatch: tag])
      #expect(same.status == 304 && same.body.isEmpty)
      async let later = server.exchange.send(
        .get, "\(path)?wait=50", fields: [.ifNoneMatch: tag])
      gate.open()
      let changed = try await later
      #expect(changed.status == 200 && changed.fields[.eTag] != tag)
    }
  }

  @Test func `Jobs: a server without them says so`() async throws {
    for path in ["/jobs", "/jobs/\(BadInput.noID)", "/batches/\(BadInput.noID)"] {
      let outcome = try await StubService().send(.get, path)
      #expect(outcome.status == 404)
      #expect(try ProblemDocument(outcome, path).kind == "no-jobs")
    }
  }

  @Test func `Jobs: what was taken is done by the next who opens the backlog`() async throws {
    let (folder, backlog) = (TemporaryFolder(), MemoryBacklog(policy: BacklogPolicy()))
    let path = Box("")
    try await JobServer.open(in: folder, backlog: backlog, isWorking: false) { server in
      path.value = try await server.submit("/features?output=pca&quality=draft", image)
    }
    try await JobServer.open(in: folder, backlog: backlog) { server in
      let job = try await server.ended(path.value)
      #expect(job["state"].text == "done")
    }
  }
}
