import API
import Backlog
import Checkpoints
import Files
import Foundation
import HTTPTypes
import Imaging
import Support
import Testing

@Suite("Batches", .timeLimit(.minutes(3))) struct BatchesTests {
  private let images: [[UInt8]]

  init() throws {
    images = try (1...3).map { try Raster.noise(30, 20, seed: $0).png() }
  }

  private func names(_ server: JobServer) async throws -> [String] {
    var names: [String] = []
    for image in images { names.append(try await server.exchange.keep(image)) }
    return names
  }

  private func order(_ names: [String], _ more: String = "") -> [UInt8] {
    let jobs = names.enumerated().map {
      #"{"image": "\#($0.element)", "name": "../scans/a.tif"}"#
    }
    return Array(
      (#"{"name": "steel", "defaults": {"quality": "draft", "output": "pca"}, "#
        + #""jobs": [\#(jobs.joined(separator: ", "))\#(more)]}"#).utf8)
  }

  @Test func `Images: those that are not here are told in one answer`() async throws {
    let exchange = StubService()
    let kept = try await exchange.keep(images[0])
    let missing = "sha256-\(BadInput.zeros)"
    let outcome = try await exchange.send(
      .post, "/images/missing", Array(#"{"images": ["\#(missing)", "\#(kept)"]}"#.utf8))
    #expect(outcome.status == 200)
    #expect(Node(outcome)["images"].texts == [missing])
    for (body, status, kind) in [
      ("", 400, "malformed-json"), (#"{"images": ["x"]}"#, 400, "invalid-parameter"),
      (
        #"{"images": [\#(Array(repeating: "\"\(missing)\"", count: 10_001).joined(separator: ","))]}"#,
        413, "too-many-images"
      ),
    ] {
      let refused = try await exchange.send(.post, "/images/missing", Array(body.utf8))
      #expect(refused.status == status)
      #expect(try ProblemDocument(refused, kind).kind == kind)
    }
  }

  @Test func `Batches: all of it is done, and its answers come together`() async throws {
    try await JobServer.open { server in
      let names = try await names(server)
      let taken = try await server.exchange.send(.post, "/batches", order(names))
      #expect(taken.status == 202, "\(taken.text)")
      let path = try #require(taken["Location"])
      #expect(Node(taken)["total"].number == 3 && Node(taken)["name"].text == "steel")
      let batch = try await server.ended(path)
      #expect(batch["done"].number == 3 && batch["ended"].text != nil)
      let jobs = try await server.exchange.send(.get, "\(path)/jobs")
      #expect(jobs.fields[.contentType] == "application/x-ndjson")
      #expect(jobs.lines.map { $0["place"].number } == [0, 1, 2])
      #expect(jobs.lines.map { $0["image"].text } == names)
      let manifest = try await server.exchange.send(.get, "\(path)/results")
      #expect(manifest.lines.map { $0["file"].text } == ["a.png", "a-2.png", "a-3.png"])
      let archive = try await server.exchange.send(.get, "\(path)/results?format=tar")
      #expect(archive.fields[.contentType] == "application/x-tar")
      let members = try tarMembers(archive.body)
      #expect(
        members.map(\.name)
          == ["manifest.ndjson", "a.png", "a-2.png", "a-3.png", "problems.ndjson"])
      #expect(members[0].bytes == manifest.body)
      for (member, line) in zip(members[1...3], manifest.lines) {
        let answer = try await server.exchange.send(.get, try #require(line["path"].text))
        #expect(member.bytes == answer.body)
      }
      let zip = try await server.exchange.send(.get, "\(path)/results?format=zip")
      #expect(zip.fields[.contentType] == "application/zip")
      #expect(zip["Content-Disposition"]?.hasSuffix(".zip\"") == true)
      let files = try ZIPArchive(ByteArray(zip.body))
      #expect(files.members.count == members.count)
      for member in members {
        let stored = try #require(files.members[member.name], "\(member.name)")
        #expect(Array(zip.body[stored.range]) == member.bytes, "\(member.name)")
      }
      let events = try await server.exchange.send(.get, "\(path)/events")
      #expect(events.text.contains("event: batch\n") && events.text.contains("event: end\n"))
      #expect(try await server.exchange.send(.delete, path).status == 204)
      #expect(try await server.exchange.send(.get, path).status == 404)
      #expect(Node(try await server.exchange.send(.get, "/jobs"))["jobs"].items.isEmpty)
    }
  }

  @Test func `Batches: a line is a job, and the query has the defaults`() async throws {
    try await JobServer.open { server in
      let lines = try await names(server).enumerated().map {
        #"{"image": "\#($0.element)"\#($0.offset == 1 ? #", "output": "field""# : "")}"# + "\n"
      }.joined()
      let taken = try await server.exchange.send(
        .post, "/batches?output=cls&quality=draft&name=lines", type: "application/x-ndjson",
        Array(lines.utf8))
      #expect(taken.status == 202, "\(taken.text)")
      let batch = try await server.ended(try #require(taken["Location"]))
      #expect(batch["done"].number == 3 && batch["name"].text == "lines")
      let jobs = try await server.exchange.send(.get, "\(batch["links"]["jobs"].text ?? "")").lines
      #expect(jobs[1]["request"]["target"].text == "field")
      #expect(jobs[0]["result"]["path"].text?.hasSuffix("/cls") == true)
    }
  }

  @Test func `Batches: one classifier is applied to many images`() async throws {
    try await JobServer.open { server in
      let field = try await server.exchange.field(images[0], "quality=draft")
      let labels = try Raster(
        size: Size(width: 30, height: 20), channels: 1,
        samples: .uint8((0..<600).map { $0 % 30 < 6 ? 1 : $0 % 30 > 24 ? 2 : 0 })
      ).png()
      let trained = try await server.exchange.send(
        .post, "/fields/\(field)/segmentation", labels)
      let classifier = try #require(trained["Eyepiece-Classifier"])
      let jobs = try await names(server).map { #"{"image": "\#($0)"}"# }.joined(separator: ",")
      let body = """
        {"defaults": {"classifier": "\(classifier)", "output": "labels"}, "jobs": [\(jobs)]}
        """
      let taken = try await server.exchange.send(.post, "/batches", Array(body.utf8))
      #expect(taken.status == 202, "\(taken.text)")
      let batch = try await server.ended(try #require(taken["Location"]))
      #expect(batch["done"].number == 3, "\(batch)")
      let lines = try await server.exchange.send(
        .get, "\(try #require(taken["Location"]))/results"
      ).lines
      for (line, image) in zip(lines, images) {
        let answer = try await server.exchange.send(.get, try #require(line["path"].text))
        let other = try await server.exchange.field(image, "for=\(classifier)")
        let direct = try await server.exchange.send(
          .get, "/fields/\(other)/segmentation?classifier=\(classifier)")
        #expect(answer.status == 200 && answer.body == direct.body)
      }
    }
  }

  @Test func `Batches: one bad place and nothing is taken, unless the rest is wanted`() async throws
  {
    try await JobServer.open(isWorking: false) { server in
      let names = try await names(server)
      let bad =
        #", {"image": "sha256-\#(BadInput.zeros)"}, {"image": "\#(names[0])", "stride": "x"}"#
      let refused = try await server.exchange.send(.post, "/batches", order(names, bad))
      #expect(refused.status == 422)
      #expect(try ProblemDocument(refused, "places").kind == "bad-places")
      let places = Node(refused)["places"].items
      #expect(places.map { $0["place"].number } == [3, 4])
      #expect(
        places.map { $0["type"].text }
          == ["/problems/no-such-image", "/problems/invalid-parameter"])
      #expect(Node(try await server.exchange.send(.get, "/jobs"))["jobs"].items.isEmpty)
      let rest = try await server.exchange.send(.post, "/batches?invalid=skip", order(names, bad))
      #expect(rest.status == 202 && Node(rest)["total"].number == 3)
      let many = Array(repeating: "sha256-\(BadInput.zeros)", count: 40)
      let first = try await server.exchange.send(.post, "/batches", order(many))
      #expect(Node(first)["places"].items.count == 20)
      let tooMany = try await server.exchange.send(
        .post, "/batches", order(Array(repeating: names[0], count: 51)))
      #expect(tooMany.status == 413)
      for body in ["", "{}", #"{"jobs": []}"#, #"{"jobs": [3]}"#, #"{"jobs": [{"image": [1]}]}"#] {
        let malformed = try await server.exchange.send(.post, "/batches", Array(body.utf8))
        #expect(try ProblemDocument(malformed, body).kind == "malformed-batch")
      }
    }
  }

  @Test func `Batches: images in a form are jobs named after their files`() async throws {
    try await JobServer.open { server in
      var form = Form().with("output", "cls").with("quality", "draft").with("name", "form")
      for (number, image) in images.enumerated() {
        form.text += Array(
          ("--edge\r\nContent-Disposition: form-data; name=\"image\"; filename=\"s\(number).png\""
            + "\r\n\r\n").utf8)
        form.text += image + Array("\r\n".utf8)
      }
      let taken = try await server.exchange.send(
        .post, "/batches", type: Form.type, form.bytes)
      #expect(taken.status == 202, "\(taken.text)")
      let batch = try await server.ended(try #require(taken["Location"]))
      #expect(batch["done"].number == 3 && batch["name"].text == "form", "\(batch)")
      let lines = try await server.exchange.send(
        .get, "\(try #require(taken["Location"]))/results"
      ).lines
      #expect(lines.map { $0["name"].text } == ["s0.png", "s1.png", "s2.png"])
      #expect(lines.map { $0["image"].text } == (try await names(server)))
      let many = (0...50).reduce(Form()) { form, number in
        Form(
          text: form.text
            + Array("--edge\r\nContent-Disposition: form-data; name=\"image\"\r\n\r\nx\r\n".utf8))
      }
      for (body, status, kind) in [
        (many.bytes, 413, "batch-jobs"),
        (Form().with("output", "cls").bytes, 400, "malformed-batch"),
        (Form().with("image", "no image").bytes, 422, "bad-places"),
        (Form().with("image", images[0]).with("outputs", "cls").bytes, 422, "bad-places"),
        (Form().with("output", "x").with("output", "y").bytes, 400, "malformed-form"),
      ] {
        let refused = try await server.exchange.send(.post, "/batches", type: Form.type, body)
        #expect(refused.status == status, "\(refused.text)")
        #expect(try ProblemDocument(refused, kind).kind == kind)
      }
    }
  }

  @Test func `Batches: with a time to begin in, it expires; with forget nothing remains`()
    async throws
  {
    try await JobServer.open(isWorking: false) { server in
      let names = try await names(server)
      let field = { JobServer.field("Cancel-After", $0) }
      for text in ["", "0", "0s", "-1", "1.5h", "31d", "9999999999999999999", "h", "1 h", "1w"] {
        let refused = try await server.exchange.send(
          .post, "/batches", order(names), fields: field(text))
        #expect(
          try ProblemDocument(refused, text).kind == "invalid-cancel-after", "\(refused.text)")
      }
      let taken = try await server.exchange.send(
        .post, "/batches", order(names), fields: field("12h"))
      #expect(taken.status == 202, "\(taken.text)")
      let path = try #require(taken["Location"])
      let jobs = try await server.exchange.send(.get, "\(path)/jobs").lines
      let reader = ISO8601DateFormatter()
      reader.formatOptions.insert(.withFractionalSeconds)
      for job in jobs {
        let dates = try ["created", "expires"].map { name in
          try #require(job[name].text.flatMap { reader.date(from: $0) })
        }
        #expect(abs(dates[1].timeIntervalSince(dates[0]) - 43_200) < 1)
      }
      #expect(try await server.exchange.send(.delete, "\(path)?forget=maybe").status == 400)
      #expect(try await server.exchange.send(.delete, "\(path)?forgot").status == 400)
      #expect(try await server.exchange.send(.delete, "\(path)?forget").status == 204)
      #expect(try await server.exchange.send(.get, path).status == 404)
      let single = try await server.submit("/features?output=cls", images[0], fields: field("90"))
      #expect(try await server.exchange.send(.delete, "\(single)?forget=true").status == 204)
      #expect(try await server.exchange.send(.get, single).status == 404)
    }
  }

  @Test func `Batches: what has not ended is cancelled together`() async throws {
    let gate = Gate()
    try await JobServer.open(gate: gate) { server in
      let taken = try await server.exchange.send(.post, "/batches", order(try await names(server)))
      let path = try #require(taken["Location"])
      #expect(await gate.arrived(1))
      #expect(try await server.exchange.send(.delete, path).status == 202)
      gate.open()
      let batch = try await server.ended(path)
      #expect(batch["cancelled"].number == 3 && batch["cancelling"].value as? Bool == true)
    }
  }

  /// The files of a tar archive.
  private func tarMembers(_ bytes: [UInt8]) throws -> [(name: String, bytes: [UInt8])] {
    var members: [(String, [UInt8])] = []
    var place = 0
    while place + 1024 < bytes.count {
      let header = Array(bytes[place..<(place + 512)])
      let name = String(decoding: header.prefix { $0 != 0 }, as: UTF8.self)
      let digits = String(decoding: header[124..<135], as: UTF8.self)
      let size = try #require(Int(digits, radix: 8))
      members.append((name, Array(bytes[(place + 512)..<(place + 512 + size)])))
      place += 512 + (size + 511) / 512 * 512
    }
    #expect(place + 1024 == bytes.count)
    return members
  }
}
