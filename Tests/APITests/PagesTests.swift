import Featurization
import HTTPTypes
import Imaging
import Scheduling
import Support
import Testing

@Suite("Pages of images", .timeLimit(.minutes(2))) struct PagesTests {
  let stack = ForgedStack(noise: 4, 30, 20).bytes

  @Test func `Pages: the answer says what all of them were looked at with`() async throws {
    let exchange = StubService()
    let all = try await exchange.post("quality=draft&page=1-3", stack)
    #expect(all.status == 200 && all["Eyepiece-Shape"] == "3,20,30,6")
    let source = try #require(all["Eyepiece-Source"])
    #expect(source.contains("page=1, pages=4, ") && source.contains(", last-page=3"))
    let match = try #require(source.firstMatch(of: /low="([0-9.]+)", high="([0-9.]+)"/))
    // A field of one page at these levels is the one that was read.
    let query = "quality=draft&page=1&scale=\(match.1),\(match.2)"
    let one = try await exchange.send(.post, "/fields?\(query)", stack)
    #expect(one.status == 200, "it was encoded before")
    #expect(one["Eyepiece-Field"] == all["Eyepiece-Field"])
    let single = try await exchange.post(query, stack)
    let payload = single.body.dropFirst(128)
    #expect(all.body.dropFirst(128).prefix(payload.count).elementsEqual(payload))
    #expect(single["Eyepiece-Source"]?.contains("last-page") == false)
  }

  @Test func `Pages: a form and a kept image give the same answer`() async throws {
    let exchange = StubService()
    let sent = try await exchange.post("quality=draft&page=all&output=pca", stack)
    let form = Form().with("image", stack).with("quality", "draft").with("page", "all")
      .with("output", "pca").bytes
    let posted = try await exchange.post("", type: Form.type, form)
    #expect(posted.status == 200 && posted.body == sent.body)
    #expect(posted.fields[.eTag] == sent.fields[.eTag])
    let kept = try await exchange.send(.post, "/images", stack)
    #expect(kept.status == 201)
    let name = try #require(kept.text.firstMatch(of: /sha256-[0-9a-f]{64}/)).output
    let named = try await exchange.post("image=\(name)&quality=draft&page=all&output=pca", [])
    #expect(named.status == 200 && named.body == sent.body)
    let known = try await exchange.post(
      "quality=draft&page=all&output=pca", stack,
      fields: [.ifNoneMatch: try #require(sent.fields[.eTag])])
    #expect(known.status == 412)
  }

  @Test(arguments: ["npy", "raw", "safetensors", "npz"])
  func `Pages: an interrupted download of a field's pages is resumed`(format: String) async throws {
    let exchange = StubService()
    let path = "/fields/\(try await exchange.field(stack))/features?page=all&format=\(format)"
    let whole = try await exchange.send(.get, path)
    #expect(whole.status == 200 && whole["Eyepiece-Shape"] == "4,20,30,6")
    let tag = try #require(whole.fields[.eTag])
    var all: [UInt8] = []
    while all.count < whole.body.count {
      let part = try await exchange.send(
        .get, path, fields: [.range: "bytes=\(all.count)-\(all.count + 9999)", .ifRange: tag])
      #expect(part.status == 206)
      all += part.body
    }
    #expect(all == whole.body)
    let known = try await exchange.send(.get, path, fields: [.ifNoneMatch: tag])
    #expect(known.status == 304)
    let arrivals = exchange.stub.gate.arrivals
    let head = try await exchange.send(.head, path)
    #expect(head.status == 200 && head["Eyepiece-Shape"] == "4,20,30,6")
    #expect(exchange.stub.gate.arrivals == arrivals)
  }

  @Test func `Pages: a refusal comes before the first byte`() async throws {
    let busy = StubFeaturizer(
      gate: Gate(), line: .init(runners: 1, waiting: 0, heldBytes: 1 << 30))
    let exchange = StubService(busy)
    let stack = stack
    let other = Task { try await exchange.post("quality=draft&page=3", stack) }
    #expect(await busy.gate.arrived(1))
    let refused = try await exchange.post("quality=draft&page=all", stack)
    #expect(try ProblemDocument(refused, "a full queue").kind == "queue-full")
    busy.gate.open()
    #expect(try await other.value.status == 200)
  }

  @Test(arguments: [
    ("page=3-4", 422, "no-such-page", "4"),
    ("page=all&output=attention", 400, "conflicting-parameters", "page"),
    ("page=all&format=tiff", 400, "conflicting-parameters", "page"),
    ("page=3-1", 400, "invalid-parameter", "page"),
  ])
  func `Pages: what cannot be is refused`(
    query: String, status: Int, kind: String, word: String
  ) async throws {
    let outcome = try await StubService().post(query, stack)
    let problem = try ProblemDocument(outcome, query)
    #expect(outcome.status == status && problem.kind == kind)
    #expect(outcome.text.contains(word))
  }

  @Test func `Pages: those that differ are named with what they are`() async throws {
    let stack = ForgedStack([
      .noise(20, 20, channels: 1), .noise(20, 20, channels: 1), .noise(24, 20, channels: 1),
    ]).bytes
    let outcome = try await StubService().post("page=all", stack)
    #expect(outcome.status == 422)
    #expect(try ProblemDocument(outcome, "pages").kind == "unlike-pages")
    #expect(outcome.text.contains("page 0 is 20×20 with 1 channel of 8 bits (unsigned)"))
    #expect(outcome.text.contains("page 2 is 24×20"))
  }

  @Test func `Pages: a page that cannot be read is named`() async throws {
    let floats = { (last: Float) in
      Raster(
        size: Size(width: 20, height: 20), channels: 1,
        samples: .float32((0..<399).map { Float($0) } + [last]))
    }
    let outcome = try await StubService().post(
      "page=all", ForgedStack([floats(1), floats(2), floats(.nan)]).bytes)
    #expect(outcome.status == 422)
    #expect(try ProblemDocument(outcome, "pages").kind == "not-finite")
    #expect(outcome.text.contains("Page 2: 1 samples are not finite"))
  }

  @Test func `Pages: a field is made of one`() async throws {
    let exchange = StubService()
    for pages in ["all", "0-1"] {
      let outcome = try await exchange.send(.post, "/fields?page=\(pages)", stack)
      #expect(outcome.status == 400)
      #expect(try ProblemDocument(outcome, pages).kind == "several-pages")
    }
    #expect(exchange.stub.gate.arrivals == 0)
  }
}
