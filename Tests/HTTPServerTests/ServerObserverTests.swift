import HTTP1
import HTTPServer
import HTTPTypes
import Support
import Testing
import Transport

/// Keeps what it is told.
final class Notes: ServerObserver {
  let events = Box<[ConnectionEvent]>([])

  func note(_ event: ConnectionEvent) { events.update { $0.append(event) } }

  /// One word an event, with a request's status.
  var words: [String] {
    events.read { events in
      events.map { event in
        switch event {
        case .opened(let from): from?.host == "127.0.0.1" ? "opened" : "opened from nowhere"
        case .closed(let end): "closed \(end)"
        case .requestBegan(let head): "\(head.method) \(head.target.path)"
        case .requestEnded(let summary): "ended \(summary.status ?? 0)"
        case .refused(let violation): "refused \(violation)"
        case .cancelled: "cancelled"
        }
      }
    }
  }

  var summaries: [RequestSummary] {
    events.read { events in
      events.compactMap { if case .requestEnded(let summary) = $0 { summary } else { nil } }
    }
  }

  /// What was told until the connection closed.
  func untilClosed() async -> [String] {
    _ = await events.until { if case .closed = $0.last { true } else { false } }
    return words
  }
}

@Suite("Server observer") struct ServerObserverTests {
  /// At a rate that no client keeps, and without a grace.
  @Test func `Answer rate: a reader that takes too few bytes is cut, and the reason told`()
    async throws
  {
    var limits = Limits.brisk
    (limits.answerRate, limits.answerGrace) = (1 << 40, .zero)
    let (notes, time) = (Notes(), ServerTime())
    let streaming = ServerStreamTests.streaming(1000)
    try await withServer(streaming, limits: limits, observer: notes, time: time) { server, port in
      let client = try await onThread {
        let client = try RawClient(port: port, receiveBuffer: 4096)
        try client.send(request())
        _ = try client.receive(through: "\r\n\r\n")
        return client
      }
      while await server.connectionCount > 0 { await time.pass(Limits.brisk.tick, on: server) }
      #expect(notes.words.contains("closed slow"))
      withExtendedLifetime(client) {}
    }
  }

  @Test func `each request is told with the bytes that its client read`() async throws {
    let (notes, time) = (Notes(), ServerTime())
    let received = Box(0)
    let handler = TestHandler(answer: { request in
      time.pass(.seconds(1))
      return request.head.target.path == "/stream"
        ? Response(
          status: .ok,
          body: .stream(length: 3_000_000) { writer in
            for _ in 0..<30 { try await writer.write([UInt8](repeating: 1, count: 100_000)) }
          })
        : Response(status: .created, body: .bytes(request.body))
    })
    try await withServer(handler, observer: notes, time: time) { _, port in
      try await onThread {
        let client = try RawClient(port: port)
        for text in [
          request("POST", "/", ["Expect: 100-continue"], body: "hello"), request("HEAD", "/stream"),
          request("GET", "/stream", ["Connection: close"]),
        ] {
          try client.send(text)
        }
        received.value = try client.receiveAll().count
      }
    }
    #expect(
      await notes.untilClosed() == [
        "opened", "POST /", "ended 201", "HEAD /stream", "ended 200", "GET /stream", "ended 200",
        "closed finished",
      ])
    #expect(notes.summaries.map(\.bytes).reduce(0, +) == received.value)
    #expect(notes.summaries.allSatisfy { $0.duration == .seconds(1) })
  }

  @Test func `bytes that are no request are told by what they break`() async throws {
    for (text, words) in [
      ("nonsense\r\n\r\n", ["refused malformedRequestLine"]),
      (
        request("POST", "/", ["Transfer-Encoding: chunked"]) + "x",
        ["POST /", "refused malformedChunk", "ended 400"]
      ),
    ] {
      let notes = Notes()
      try await withServer(observer: notes) { _, port in
        try await onThread {
          let client = try RawClient(port: port)
          try client.send(text)
          _ = try client.receiveAll()
        }
      }
      #expect(await notes.untilClosed() == ["opened"] + words + ["closed finished"])
    }
  }

  @Test func `a client that leaves is told once, and its request has an end`() async throws {
    let (notes, started) = (Notes(), Box(false))
    let handler = TestHandler(answer: { _ in
      started.value = true
      await untilCancelled()
      return Response(status: .ok)
    })
    try await withServer(handler, observer: notes) { _, port in
      var client: RawClient? = try await onThread {
        let client = try RawClient(port: port)
        try client.send(request())
        return client
      }
      #expect(await started.until { $0 })
      client?.resetOnClose()
      client = nil
      // The request may end after the connection.
      #expect(await notes.events.until { $0.count == 5 })
    }
    #expect(
      notes.words.sorted() == ["GET /", "cancelled", "closed failed", "ended 0", "opened"])
  }

  @Test func `half a request has an end without an answer`() async throws {
    let notes = Notes()
    try await withServer(observer: notes) { _, port in
      try await onThread {
        let client = try RawClient(port: port)
        try client.send(request("POST", "/", ["Content-Length: 9"]) + "half")
        client.endOutput()
        #expect(try client.receiveAll().isEmpty)
      }
    }
    #expect(await notes.untilClosed() == ["opened", "POST /", "ended 0", "closed finished"])
  }
}
