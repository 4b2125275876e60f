import Glibc
import HTTP1
import HTTPServer
import HTTPTypes
import Logging
import Support
import Testing
import Transport

/// Who is let in.
@Suite("Server and its door") struct ServerAdmissionTests {
  @Test func `connections of one address beyond its limit are told so, until some leave`()
    async throws
  {
    var limits = Limits.brisk
    limits.addressConnections = 3
    limits.refusals = 1
    limits.lingerIdle = .seconds(20)
    try await withServer(limits: limits) { server, port in
      try await onThread {
        let served = try (0..<3).map { _ in try RawClient(port: port) }
        for client in served {
          try client.send(request("POST", body: "in"))
          _ = try client.receiveAnswer()
        }
        let refused = try RawClient(port: port)
        let answer = try refused.receiveAnswer()
        #expect(answer.head.hasPrefix("HTTP/1.1 429 "))
        #expect(String(decoding: answer.body, as: UTF8.self) == "tooManyOfAddress(limit: 3)")
        // Who is told so takes little room: the next is let go without a word.
        let dropped = try RawClient(port: port)
        #expect((try? dropped.receiveAll())?.isEmpty ?? true)
        withExtendedLifetime((served, refused)) {}
      }
      #expect(await eventually { await server.connectionCount == 0 })
      try await onThread {
        let client = try RawClient(port: port)
        try client.send(request("POST", body: "again"))
        #expect(try client.receiveAnswer().body == Array("again".utf8))
      }
    }
  }

  /// A server on a copy of a socket, and the task that runs it.
  private func serve(
    at socket: Int32, saying word: String, to said: Box<Set<String>>
  ) async throws -> (Server, Task<Void, Never>) {
    let handler = TestHandler(answer: { _ in
      said.update { $0.insert(word) }
      return Response(status: .ok, body: .bytes(Array(word.utf8)))
    })
    var limits = Limits.brisk
    limits.drainIdle = .seconds(10)
    let server = Server(
      handler: handler, limits: limits, logger: Logger(label: "t") { _ in SwiftLogNoOpLogHandler() }
    )
    _ = try await server.listen(at: try Socket.inherited(dup(socket)))
    return (server, Task { await server.run() })
  }

  @Test func `a socket is handed from one server to the next, and nobody is refused`() async throws
  {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    try #require(listen(descriptor, 64) == 0)
    let port = try Listener(Socket.inherited(dup(descriptor)), on: EventLoop(label: "t"))
      .address.port
    let (isOver, said) = (Box(false), Box<Set<String>>([]))
    async let answers = onThread {
      var answers: [String] = []
      while !isOver.value {
        let client = try RawClient(port: port)
        try client.send(request("GET", "/", ["Connection: close"]))
        answers.append(String(decoding: try client.receiveAnswer().body, as: UTF8.self))
      }
      return answers
    }
    for word in ["one", "two", "three"] {
      let (server, running) = try await serve(at: descriptor, saying: word, to: said)
      #expect(await said.until { $0.contains(word) })
      await server.shutdown(grace: .seconds(10))
      await running.value
    }
    let (server, running) = try await serve(at: descriptor, saying: "last", to: said)
    isOver.value = true
    let heard = try await answers
    await server.shutdown(grace: .seconds(10))
    await running.value
    #expect(Set(heard).isSuperset(of: ["one", "two", "three"]))
  }
}
