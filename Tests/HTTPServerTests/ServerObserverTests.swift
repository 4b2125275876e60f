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

  var words: [String] {
    events.read { events in
      events.map { event in
        switch event {
        case .opened(let from): from?.host == "127.0.0.1" ? "opened" : "opened from nowhere"
        case .closed(let end): "closed \(end)"
        }
      }
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

  /// Answered requests, bytes that are no request, and half a request.
  @Test(arguments: [
    request() + request("HEAD", "/", ["Connection: close"]), "nonsense\r\n\r\n",
    request("POST", "/", ["Transfer-Encoding: chunked"]) + "x",
    request("POST", "/", ["Content-Length: 9"]) + "half",
  ])
  func `a connection is told when it opens and when it has finished`(text: String) async throws {
    let notes = Notes()
    try await withServer(observer: notes) { _, port in
      try await onThread {
        let client = try RawClient(port: port)
        try client.send(text)
        client.endOutput()
        _ = try client.receiveAll()
      }
    }
    #expect(await notes.untilClosed() == ["opened", "closed finished"])
  }

  @Test func `a client that leaves is told once`() async throws {
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
      #expect(await notes.untilClosed() == ["opened", "closed failed"])
    }
    #expect(notes.words == ["opened", "closed failed"])
  }
}
