import Foundation
import HTTP1
import HTTPServer
import HTTPTypes
import Support
import Testing

@Suite("Server and endings") struct ServerEndTests {
  /// A handler that works until it is cancelled, and counts both.
  static func patient(started: Box<Int>, cancelled: Box<Int>) -> TestHandler {
    TestHandler(answer: { _ in
      started.update { $0 += 1 }
      await untilCancelled()
      cancelled.update { $0 += 1 }
      return Response(status: .serviceUnavailable)
    })
  }

  enum Departure: CaseIterable {
    case end, reset, endBehindUnreadBytes, resetBehindUnreadBytes

    var isBehindBytes: Bool { self == .endBehindUnreadBytes || self == .resetBehindUnreadBytes }
  }

  @Test(arguments: Departure.allCases)
  func `a client that leaves cancels its handler at once`(departure: Departure) async throws {
    let (started, cancelled) = (Box(0), Box(0))
    let handler = Self.patient(started: started, cancelled: cancelled)
    let (time, limits) = (ServerTime(), Limits.brisk)
    try await withServer(handler, time: time) { server, port in
      var client: RawClient? = try await onThread {
        let client = try RawClient(port: port)
        try client.send(request())
        return client
      }
      #expect(await started.until { $0 == 1 })
      #expect(cancelled.value == 0)
      if departure.isBehindBytes {
        try await onThread { [client] in try client?.send([UInt8](repeating: 65, count: 100_000)) }
      }
      if departure == .reset || departure == .resetBehindUnreadBytes { client?.resetOnClose() }
      client = nil
      // Who leaves bytes behind is looked for at every tick, of others the kernel tells.
      while departure.isBehindBytes, cancelled.value == 0 {
        await time.pass(limits.tick, on: server)
      }
      #expect(await cancelled.until { $0 == 1 })
      #expect(await eventually { await server.connectionCount == 0 })
    }
  }

  @Test func `a client that has only ended its side is told what there is to tell`() async throws {
    try await withServer { _, port in
      try await onThread {
        let client = try RawClient(port: port)
        try client.send(request("POST", body: "one") + request("POST", body: "two"))
        client.endOutput()
        #expect(try client.receiveAnswer().body == Array("one".utf8))
        #expect(try client.receiveAnswer().body == Array("two".utf8))
        #expect(try client.receiveAll().isEmpty)
      }
    }
  }

  @Test func `a client that never finishes its head is told so and closed`() async throws {
    let (notes, time, limits) = (Notes(), ServerTime(), Limits.brisk)
    try await withServer(observer: notes, time: time) { server, port in
      let (silent, slow) = try await onThread {
        (try RawClient(port: port), try RawClient(port: port))
      }
      try slow.send("GET / HTTP/1.1\r\nHost: ")
      #expect(await notes.events.until { $0.count == 2 })
      // Its first bytes are read, so that its time has begun.
      for _ in 0..<2 { await server.turn() }
      await time.pass(limits.headTimeout - limits.tick, on: server)
      #expect(notes.words == ["opened", "opened"])
      await time.pass(limits.tick * 2, on: server)
      let answer = try await onThread { try slow.receiveAnswer() }
      #expect(answer.head.hasPrefix("HTTP/1.1 408 "))
      let ends = try await onThread { [try silent.receiveAll(), try slow.receiveAll()] }
      #expect(ends == [[], []])
    }
  }

  @Test func `connections beyond the limit are told so, and served again later`() async throws {
    var limits = Limits.brisk
    limits.connections = 3
    limits.refusals = 2
    limits.lingerIdle = .seconds(20)
    try await withServer(limits: limits) { server, port in
      try await onThread {
        var served = try (0..<3).map { _ in try RawClient(port: port) }
        for client in served {
          try client.send(request("POST", body: "in"))
          _ = try client.receiveAnswer()
        }
        let refused = try (0..<2).map { _ in try RawClient(port: port) }
        for client in refused {
          #expect(try client.receiveAnswer().head.hasPrefix("HTTP/1.1 503 "))
        }
        // Beyond even the refusals' room the door is simply closed.
        let dropped = try RawClient(port: port)
        #expect((try? dropped.receiveAll())?.isEmpty ?? true)
        // A client that is not used any more would close its connection, and make room.
        withExtendedLifetime(refused) {}
        for client in served {
          try client.send(request("POST", body: "still"))
          #expect(try client.receiveAnswer().body == Array("still".utf8))
        }
        served.removeAll()
      }
      #expect(await eventually { await server.connectionCount == 0 })
      try await onThread {
        let client = try RawClient(port: port)
        try client.send(request("POST", body: "again"))
        #expect(try client.receiveAnswer().body == Array("again".utf8))
      }
    }
  }

  @Test func `stopping lets answers finish, closes the quiet and refuses the new`() async throws {
    let (started, mayEnd) = (Box(0), Box(false))
    let handler = TestHandler(answer: { request in
      guard request.head.target.path == "/long" else { return Response(status: .ok) }
      started.update { $0 += 1 }
      #expect(await mayEnd.until { $0 })
      return Response(status: .ok, body: .bytes(Array("done".utf8)))
    })
    let time = ServerTime()
    try await withServer(handler, time: time) { server, port in
      let (quiet, busy) = try await onThread {
        let (quiet, busy) = (try RawClient(port: port), try RawClient(port: port))
        try quiet.send(request())
        _ = try quiet.receiveAnswer()
        try busy.send(request("GET", "/long"))
        return (quiet, busy)
      }
      #expect(await started.until { $0 == 1 })
      async let stopped: Void = server.shutdown(grace: .seconds(30))
      #expect(try await onThread { try quiet.receiveAll().isEmpty })
      #expect(throws: RawClient.Failure.self) { try RawClient(port: port) }
      mayEnd.value = true
      let answer = try await onThread { try busy.receiveAnswer() }
      #expect(answer.body == Array("done".utf8))
      #expect(answer.head.contains("\r\nConnection: close\r\n"))
      // The client has not closed its side: the server waits for that, but not for long.
      while await server.connectionCount > 0 { await time.pass(.seconds(1), on: server) }
      await stopped
    }
  }

  @Test func `what has not finished in time is cut`() async throws {
    let (started, cancelled) = (Box(0), Box(0))
    let (handler, time) = (Self.patient(started: started, cancelled: cancelled), ServerTime())
    try await withServer(handler, time: time) { server, port in
      let client = try await onThread {
        let client = try RawClient(port: port)
        try client.send(request())
        return client
      }
      #expect(await started.until { $0 == 1 })
      async let stopped: Void = server.shutdown(grace: .seconds(30))
      for _ in 0..<29 {
        await time.pass(.seconds(1), on: server)
        #expect(cancelled.value == 0)
      }
      while await server.connectionCount > 0 { await time.pass(.seconds(1), on: server) }
      await stopped
      #expect(cancelled.value == 1)
      withExtendedLifetime(client) {}
    }
  }

  @Test func `a server whose task is cancelled ends`() async throws {
    let (started, cancelled) = (Box(0), Box(0))
    let handler = Self.patient(started: started, cancelled: cancelled)
    try await withServer(handler) { server, port in
      try await onThread { try RawClient(port: port).send(request()) }
      let client = try await onThread {
        let client = try RawClient(port: port)
        try client.send(request())
        return client
      }
      #expect(await started.until { $0 >= 1 })
      await server.shutdown(grace: .zero)
      #expect(await server.connectionCount == 0)
      withExtendedLifetime(client) {}
    }
  }
}
