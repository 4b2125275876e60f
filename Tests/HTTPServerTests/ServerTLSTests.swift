import Foundation
import HTTP1
import HTTPServer
import HTTPTypes
import Support
import Testing
import Transport

@Suite("Server and TLS") struct ServerTLSTests {
  static func context(clients: String? = nil) throws -> TLSContext {
    try TLSContext(
      certificate: Certificates.server, key: Certificates.serverKey, clients: clients)
  }

  /// Runs a server that speaks TLS.
  func withTLSServer(
    _ handler: TestHandler = TestHandler(), limits: Limits = .brisk,
    observer: any ServerObserver = NoObserver(), time: ServerTime = ServerTime(),
    clients: String? = nil,
    _ body: @escaping @Sendable (Server, Int) async throws -> Void
  ) async throws {
    let context = try Self.context(clients: clients)
    try await withServer(handler, limits: limits, observer: observer, time: time) { server, port in
      await server.secure(with: context)
      try await body(server, port)
    }
  }

  @Test func `requests are answered as without it, and the end is told`() async throws {
    try await withTLSServer { _, port in
      try await onThread {
        let client = try TLSClient(port: port)
        let bodies = (0..<50).map { String(repeating: "x", count: $0 * 700) + "\($0)" }
        try client.send(bodies.map { request("POST", body: $0) }.joined())
        for body in bodies { #expect(try client.receiveAnswer().body == Array(body.utf8)) }
        try client.send(request("POST", "/", ["Connection: close"], body: "last"))
        #expect(try client.receiveAll().suffix(4) == Array("last".utf8))
        #expect(client.wasDismissed)
      }
    }
  }

  @Test func `a slow reader gets every byte of a long stream`() async throws {
    let written = Box(0)
    let handler = ServerStreamTests.streaming(160) { written.value = $0 }
    try await withTLSServer(handler) { _, port in
      let client = try await onThread {
        let client = try TLSClient(port: port, receiveBuffer: 4096)
        try client.send(request())
        return client
      }
      // The send buffer is full.
      #expect(await written.until { $0 >= 4 })
      let body = try await onThread { try client.receiveAnswer().body }
      #expect(body.count == 160 * 65536)
      #expect(body.indices.allSatisfy { body[$0] == UInt8(truncatingIfNeeded: $0 / 65536) })
    }
  }

  @Test func `Answer rate: a reader that takes too few bytes is cut`() async throws {
    var limits = Limits.brisk
    (limits.answerRate, limits.answerGrace) = (1 << 40, .zero)
    let time = ServerTime()
    let streaming = ServerStreamTests.streaming(1000)
    try await withTLSServer(streaming, limits: limits, time: time) { server, port in
      let client = try await onThread {
        let client = try TLSClient(port: port, receiveBuffer: 4096)
        try client.send(request())
        _ = try client.receive(exactly: 1)
        return client
      }
      while await server.connectionCount > 0 { await time.pass(Limits.brisk.tick, on: server) }
      withExtendedLifetime(client) {}
    }
  }

  @Test func `a handshake that stalls is cut with the head's timer`() async throws {
    let (notes, time, limits) = (Notes(), ServerTime(), Limits.brisk)
    try await withTLSServer(observer: notes, time: time) { server, port in
      let (silent, half) = try await onThread {
        (try RawClient(port: port), try RawClient(port: port))
      }
      try half.send([0x16, 3, 1, 2, 0, 1, 0])
      #expect(await notes.events.until { $0.count == 2 })
      await time.pass(limits.headTimeout - limits.tick, on: server)
      #expect(await server.connectionCount == 2)
      await time.pass(limits.tick * 2, on: server)
      let ends = try await onThread { [try silent.receiveAll(), try half.receiveAll()] }
      #expect(ends == [[], []])
      #expect(await eventually { await server.connectionCount == 0 })
    }
  }

  @Test func `who speaks in the clear gets an alert and no answer`() async throws {
    try await withTLSServer { server, port in
      try await onThread {
        let client = try RawClient(port: port)
        try client.send(request())
        let alert = (try? client.receiveAll()) ?? []
        #expect(alert.isEmpty || alert.first == 0x15)
        let next = try TLSClient(port: port)
        try next.send(request("POST", body: "well"))
        #expect(try next.receiveAnswer().body == Array("well".utf8))
      }
    }
  }

  @Test func `another certificate is shown to who comes later, nobody is cut`() async throws {
    try await withTLSServer { server, port in
      let first = try await onThread { try TLSClient(port: port) }
      await server.secure(
        with: try TLSContext(
          certificate: Certificates.stranger, key: Certificates.strangerKey))
      try await onThread {
        #expect(throws: TransportError.self) { try TLSClient(port: port) }
        let second = try TLSClient(port: port, trusting: Certificates.stranger)
        for client in [first, second] {
          try client.send(request("POST", body: "here"))
          #expect(try client.receiveAnswer().body == Array("here".utf8))
        }
      }
    }
  }

  @Test func `a client beyond the limit is told so inside the secret`() async throws {
    var limits = Limits.brisk
    limits.connections = 1
    try await withTLSServer(limits: limits) { _, port in
      try await onThread {
        let served = try TLSClient(port: port)
        try served.send(request("POST", body: "in"))
        _ = try served.receiveAnswer()
        let refused = try TLSClient(port: port)
        #expect(try refused.receiveAnswer().head.hasPrefix("HTTP/1.1 503 "))
        #expect(try refused.receiveAll().isEmpty)
        #expect(refused.wasDismissed)
        withExtendedLifetime(served) {}
      }
    }
  }

  @Test(arguments: [true, false])
  func `a client that leaves cancels its handler`(saysGoodbye: Bool) async throws {
    let (started, cancelled) = (Box(0), Box(0))
    let handler = ServerEndTests.patient(started: started, cancelled: cancelled)
    try await withTLSServer(handler) { server, port in
      var client: TLSClient? = try await onThread {
        let client = try TLSClient(port: port)
        try client.send(request())
        return client
      }
      #expect(await started.until { $0 == 1 })
      if saysGoodbye { try client?.end() } else { client?.raw.resetOnClose() }
      if !saysGoodbye { client = nil }
      #expect(await cancelled.until { $0 == 1 })
      client = nil
      #expect(await eventually { await server.connectionCount == 0 })
    }
  }

  @Test func `Server: the name in a verified certificate comes with each head, and none without`()
    async throws
  {
    let handler = TestHandler(answer: { request in
      Response(status: .ok, body: .bytes(Array((request.head.certificate ?? "none").utf8)))
    })
    for (clients, name) in [(Certificates.authority, "CN=client"), (nil, "none")] {
      try await withTLSServer(handler, clients: clients) { _, port in
        try await onThread {
          let client = try TLSClient(
            port: port, certificate: (Certificates.client, Certificates.clientKey))
          for _ in 0..<2 {
            try client.send(request())
            #expect(try client.receiveAnswer().body == Array(name.utf8))
          }
        }
      }
    }
  }

  @Test func `a client without the certificate that is demanded asks nothing`() async throws {
    let asked = Box(0)
    let handler = TestHandler(answer: { _ in
      asked.update { $0 += 1 }
      return Response(status: .ok)
    })
    try await withTLSServer(handler, clients: Certificates.authority) { server, port in
      try await onThread {
        // In TLS 1.3 a client is established before the server has looked at its certificate.
        let client = try? TLSClient(port: port)
        try? client?.send(request())
        #expect((try? client?.receiveAll())?.isEmpty ?? true)
      }
      #expect(await eventually { await server.connectionCount == 0 })
    }
    #expect(asked.value == 0)
  }
}
