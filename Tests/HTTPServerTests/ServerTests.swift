import Foundation
import HTTP1
import HTTPServer
import HTTPTypes
import Support
import Testing

@Suite("Server") struct ServerTests {
  @Test func `a connection serves one request after another`() async throws {
    try await withServer { _, port in
      try await onThread {
        let client = try RawClient(port: port)
        for number in 0..<20 {
          try client.send(request("POST", body: "body \(number)"))
          let answer = try client.receiveAnswer()
          #expect(answer.head.hasPrefix("HTTP/1.1 200 "))
          #expect(answer.head.contains("\r\nDate: "))
          #expect(!answer.head.lowercased().contains("connection:"))
          #expect(answer.body == Array("body \(number)".utf8))
        }
        try client.send(request("POST", "/", ["Connection: close"], body: "last"))
        #expect(try client.receiveAnswer().head.contains("\r\nConnection: close\r\n"))
        #expect(try client.receiveAll().isEmpty)
      }
    }
  }

  @Test func `RequestHead: its address is the connection's, whatever the request says`()
    async throws
  {
    let handler = TestHandler(atOnce: { request in
      Response(status: .ok, body: .bytes(Array((request.head.address ?? "none").utf8)))
    })
    try await withServer(handler) { _, port in
      try await onThread {
        let client = try RawClient(port: port)
        try client.send("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n")
        #expect(try client.receiveAnswer().body == Array("127.0.0.1".utf8))
      }
    }
  }

  @Test func `pipelined requests are answered in order, one at a time`() async throws {
    let atOnce = Box((now: 0, most: 0))
    let handler = TestHandler(answer: { request in
      atOnce.update {
        $0.now += 1
        $0.most = max($0.most, $0.now)
      }
      if request.body.count % 3 == 0 { await Task.yield() }
      atOnce.update { $0.now -= 1 }
      return Response(status: .ok, body: .bytes(request.body))
    })
    try await withServer(handler) { _, port in
      try await onThread {
        let client = try RawClient(port: port)
        let bodies = (1...100).map { String(repeating: "x", count: $0) + "\($0)" }
        try client.send(bodies.map { request("POST", body: $0) }.joined())
        for body in bodies {
          #expect(try client.receiveAnswer().body == Array(body.utf8))
        }
      }
    }
    #expect(atOnce.value.most == 1)
  }

  @Test func `answers given at once keep their order among others, however many come together`()
    async throws
  {
    let answer: @Sendable (Request) -> Response = { request in
      let isQuick = request.head.target.path == "/now"
      return Response(status: isQuick ? .accepted : .ok, body: .bytes(request.body))
    }
    // Those beyond the server's patience are asked for as the others are.
    let handler = TestHandler(
      atOnce: { $0.head.target.path == "/now" ? answer($0) : nil }, answer: { answer($0) })
    try await withServer(handler) { _, port in
      try await onThread {
        let client = try RawClient(port: port)
        for run in [1, 15, 16, 17, 500] {
          let all = (0..<run).map { request("POST", "/now", body: "\($0)") }
          try client.send(all.joined() + request("POST", "/later", body: "end of \(run)"))
          for number in 0..<run {
            let answer = try client.receiveAnswer()
            #expect(answer.head.hasPrefix("HTTP/1.1 202 "))
            #expect(answer.body == Array("\(number)".utf8))
          }
          #expect(try client.receiveAnswer().body == Array("end of \(run)".utf8))
        }
        try client.send(request("HEAD", "/now") + request("POST", "/now", body: "last"))
        client.endOutput()
        #expect(try client.receiveAnswer(hasBody: false).head.hasPrefix("HTTP/1.1 202 "))
        #expect(try client.receiveAnswer().body == Array("last".utf8))
        #expect(try client.receiveAll().isEmpty)
      }
    }
  }

  @Test func `a request cut anywhere is answered the same`() async throws {
    try await withServer { server, port in
      let bytes = Array(request("POST", "/features", body: "pixels").utf8)
      let client = try await onThread { try RawClient(port: port) }
      for cut in 1..<bytes.count {
        try client.send(Array(bytes[..<cut]))
        // Between one turn and the next each loop reads what has come.
        for _ in 0..<2 { await server.turn() }
        try client.send(Array(bytes[cut...]))
        let answer = try await onThread { try client.receiveAnswer() }
        #expect(answer.body == Array("pixels".utf8))
      }
    }
  }

  @Test func `HEAD is told the length and given no body`() async throws {
    let handler = TestHandler(answer: { request in
      request.head.target.path == "/stream"
        ? Response(status: .ok, body: .stream(length: 1000) { _ in Issue.record("asked to write") })
        : Response(status: .ok, body: .bytes([UInt8](repeating: 1, count: 500)))
    })
    try await withServer(handler) { _, port in
      try await onThread {
        let client = try RawClient(port: port)
        for (path, length) in [("/", 500), ("/stream", 1000), ("/", 500)] {
          try client.send(request("HEAD", path))
          let answer = try client.receiveAnswer(hasBody: false)
          #expect(answer.head.contains("Content-Length: \(length)\r\n"))
        }
      }
    }
  }

  @Test func `a client of 1.0 is answered and let go, or kept when it asks`() async throws {
    try await withServer { _, port in
      try await onThread {
        let client = try RawClient(port: port)
        try client.send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
        #expect(try client.receiveAnswer().head.contains("\r\nConnection: keep-alive\r\n"))
        try client.send("GET / HTTP/1.0\r\n\r\n")
        #expect(try client.receiveAnswer().head.contains("\r\nConnection: close\r\n"))
        #expect(try client.receiveAll().isEmpty)
      }
    }
  }

  @Test func `bytes that are no request are refused, also behind a good one`() async throws {
    try await withServer { _, port in
      try await onThread {
        let client = try RawClient(port: port)
        try client.send(request("HEAD") + "nonsense\r\n\r\n")
        _ = try client.receiveAnswer(hasBody: false)
        let refusal = try client.receiveAnswer()
        #expect(refusal.head.hasPrefix("HTTP/1.1 400 "))
        #expect(refusal.head.contains("\r\nConnection: close\r\n"))
        #expect(!refusal.body.isEmpty)
        #expect(try client.receiveAll().isEmpty)
      }
    }
  }

  @Test func `a cheap answer comes while the cooperative pool is busy`() async throws {
    let (isOver, busy, areBusy) = (Box(false), Box(0), Gate())
    let count = ProcessInfo.processInfo.activeProcessorCount
    try await withServer { _, port in
      async let asking: Void = onThread {
        // Without an answer the client gives up, and the pool is let go.
        defer { isOver.value = true }
        areBusy.pass()
        let client = try RawClient(port: port)
        try client.send(request())
        #expect(try client.receiveAnswer().head.hasPrefix("HTTP/1.1 200 "))
      }
      await withTaskGroup(of: Void.self) { group in
        for _ in 0..<count {
          // Each priority has threads of its own.
          for priority in [TaskPriority.high, .medium] {
            group.addTask(priority: priority) {
              busy.update { $0 += 1 }
              if busy.value >= count { areBusy.open() }
              while !isOver.value {}
            }
          }
        }
      }
      try await asking
    }
  }
}
