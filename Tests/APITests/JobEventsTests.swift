import API
import Backlog
import Foundation
import HTTP1
import HTTPTypes
import Imaging
import Jobs
import Support
import Testing

@Suite("Job events", .timeLimit(.minutes(3))) struct JobEventsTests {
  private let image: [UInt8]

  init() throws {
    image = try Raster.noise(30, 20).png()
  }

  /// The events of a stream: their names, ids and data.
  private func events(_ text: String) -> [(kind: String, id: Int, data: Node)] {
    text.components(separatedBy: "\n\n").compactMap { block in
      let lines = block.split(separator: "\n")
      func value(_ name: String) -> String? {
        lines.first { $0.hasPrefix("\(name): ") }.map { String($0.dropFirst(name.count + 2)) }
      }
      guard let kind = value("event"), let id = value("id").flatMap({ Int($0) }) else {
        return nil
      }
      let data = try? JSONSerialization.jsonObject(with: Data((value("data") ?? "").utf8))
      return (kind, id, Node(value: data))
    }
  }

  @Test func `Events: a job is told whenever it changes, and at its end no more`() async throws {
    let gate = Gate()
    try await JobServer.open(gate: gate) { server in
      let path = try await server.submit("/features?output=cls&quality=draft", image)
      #expect(await gate.arrived(1))
      async let stream = server.exchange.send(.get, "\(path)/events")
      while server.jobs.watch.count == 0 { await Task.yield() }
      gate.open()
      let outcome = try await stream
      #expect(outcome.status == 200 && outcome.fields[.contentType] == "text/event-stream")
      #expect(outcome.fields[.cacheControl] == "no-store")
      #expect(outcome["X-Accel-Buffering"] == "no")
      #expect(outcome.text.hasPrefix("retry: 3000\n\n"))
      let events = events(outcome.text)
      #expect(events.first?.data["state"].text == "running")
      #expect(events.dropLast().last?.data["state"].text == "done" && events.last?.kind == "end")
      #expect(
        events.dropLast().allSatisfy { $0.kind == "job" && $0.data["version"].number == $0.id })
      #expect(zip(events, events.dropFirst()).allSatisfy { $0.id <= $1.id })
      // Who knows the end is told to stay away; who does not, what is.
      let last = try #require(events.last?.id)
      let known = try await server.exchange.send(
        .get, "\(path)/events", fields: JobServer.field("Last-Event-ID", "\(last)"))
      #expect(known.status == 204 && known.body.isEmpty)
      let late = try await server.exchange.send(
        .get, "\(path)/events", fields: JobServer.field("Last-Event-ID", "\(last - 1)"))
      #expect(self.events(late.text).map(\.kind) == ["job", "end"])
      #expect(server.jobs.watch.count == 0)
    }
  }

  @Test func `Events: the end of the server ends a stream with what is`() async throws {
    try await JobServer.open(isWorking: false) { server in
      let path = try await server.submit("/features?quality=draft", image)
      async let stream = server.exchange.send(.get, "\(path)/events")
      while server.jobs.watch.count == 0 { await Task.yield() }
      server.jobs.watch.wakeAll(.drain)
      let events = events(try await stream.text)
      #expect(events.count == 1 && events[0].data["state"].text == "waiting")
    }
  }

  @Test func `Events: a quiet stream shows every fifteen seconds that it lives`() async throws {
    try await JobServer.open(isWorking: false) { server in
      let path = try await server.submit("/features?quality=draft", image)
      async let stream = server.exchange.send(.get, "\(path)/events")
      while server.jobs.watch.count == 0 { await Task.yield() }
      for _ in 0..<40 {
        server.jobs.watch.wakeAll(.tick)
        try await Task.sleep(for: .milliseconds(5))
      }
      server.jobs.watch.wakeAll(.drain)
      let text = try await stream.text
      #expect(text.components(separatedBy: ":\n\n").count == 3, "\(text)")
    }
  }

  @Test func `Events: a client has as many streams as it may`() async throws {
    var list = TokenList()
    let ada = try list.add("ada", created: .now)
    let bearer: HTTPFields = [.authorization: "Bearer \(ada)"]
    let policy = AccessPolicy(tokens: list, streams: 1)
    try await JobServer.open(policy: policy, isWorking: false) { server in
      let path = try await server.submit("/features?quality=draft", image, fields: bearer)
      async let stream = server.exchange.send(.get, "\(path)/events", fields: bearer)
      while server.jobs.watch.count == 0 { await Task.yield() }
      for more in ["/events", "?wait=5", "/result?wait=5"] {
        let refused = try await server.exchange.send(.get, path + more, fields: bearer)
        #expect(refused.status == 429 && refused["Retry-After"] != nil, "\(more)")
        #expect(try ProblemDocument(refused, more).kind == "token-streams")
      }
      #expect(try await server.exchange.send(.get, path, fields: bearer).status == 200)
      server.jobs.watch.wakeAll(.drain)
      _ = try await stream
      let head = try await server.exchange.send(.head, "\(path)/events", fields: bearer)
      #expect(head.status == 200)
    }
  }
}
