import Foundation
import HTTP1
import HTTPServer
import HTTPTypes
import Support
import Testing

@Suite("Server and bodies") struct ServerBodyTests {
  static let waiting = ["Expect: 100-continue"]

  @Test func `continue is said once, before the body`() async throws {
    try await withServer { _, port in
      try await onThread {
        let client = try RawClient(port: port)
        for _ in 0..<3 {
          try client.send(request("POST", "/", Self.waiting + ["Content-Length: 4"]))
          #expect(try client.receive(through: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
          try client.send("body")
          #expect(try client.receiveAnswer().body == Array("body".utf8))
        }
        try client.send(request("POST", "/", Self.waiting, body: "at once"))
        let answer = try client.receiveAnswer()
        #expect(answer.head.hasPrefix("HTTP/1.1 200 "))
        #expect(answer.body == Array("at once".utf8))
      }
    }
  }

  @Test func `a head that is refused is answered at once, without continue`() async throws {
    let handler = TestHandler(verdict: { head in
      head.target.path == "/small"
        ? .accept(bodyLimit: 10)
        : .refuse(Response(status: .unauthorized, body: .bytes(Array("who?".utf8))))
    })
    try await withServer(handler) { _, port in
      try await onThread {
        for (path, status) in [("/", "401"), ("/small", "413")] {
          let client = try RawClient(port: port)
          try client.send(request("POST", path, Self.waiting + ["Content-Length: 1000000000000"]))
          let answer = try client.receiveAnswer()
          #expect(answer.head.hasPrefix("HTTP/1.1 \(status) "))
          #expect(answer.head.contains("\r\nConnection: close\r\n"))
          #expect(try client.receiveAll().isEmpty)
        }
      }
    }
  }

  @Test func `a client that sends on after a refusal still reads it`() async throws {
    let handler = TestHandler(verdict: { _ in .accept(bodyLimit: 10) })
    try await withServer(handler) { _, port in
      try await onThread {
        let client = try RawClient(port: port)
        try client.send(request("POST", "/", ["Content-Length: 20000000"]))
        try client.send([UInt8](repeating: 7, count: 20_000_000))
        #expect(try client.receiveAnswer().head.hasPrefix("HTTP/1.1 413 "))
        #expect(try client.receiveAll().isEmpty)
      }
    }
  }

  @Test func `chunks beyond the limit are refused where they pass it`() async throws {
    let handler = TestHandler(verdict: { _ in .accept(bodyLimit: 10) })
    try await withServer(handler) { _, port in
      try await onThread {
        let client = try RawClient(port: port)
        try client.send(request("POST", "/", ["Transfer-Encoding: chunked"]))
        try client.send("a\r\n0123456789\r\n0\r\n\r\n")
        #expect(try client.receiveAnswer().body == Array("0123456789".utf8))
        try client.send(request("POST", "/", ["Transfer-Encoding: chunked"]))
        try client.send("a\r\n0123456789\r\n1\r\nx\r\n")
        #expect(try client.receiveAnswer().head.hasPrefix("HTTP/1.1 413 "))
      }
    }
  }

  @Test func `a promise costs nothing, and all bodies share one memory`() async throws {
    var limits = Limits.brisk
    limits.bodyMemory = 1 << 20
    let handler = TestHandler(verdict: { _ in .accept(bodyLimit: 256 << 20) })
    try await withServer(handler, limits: limits) { server, port in
      let promising = try await onThread {
        try (0..<8).map { _ in
          let client = try RawClient(port: port)
          try client.send(request("POST", "/", ["Content-Length: 268435456"]) + "x")
          return client
        }
      }
      #expect(await eventually { await server.bodyMemoryInUse > 7 * 16 * 1024 })
      #expect(await server.bodyMemoryInUse <= 8 * 16 * 1024)
      try await onThread {
        let greedy = try RawClient(port: port)
        try greedy.send(request("POST", "/", ["Content-Length: 2000000"]))
        try greedy.send([UInt8](repeating: 7, count: 2_000_000))
        #expect(try greedy.receiveAnswer().head.hasPrefix("HTTP/1.1 503 "))
        let modest = try RawClient(port: port)
        try modest.send(request("POST", body: "fits"))
        #expect(try modest.receiveAnswer().body == Array("fits".utf8))
      }
      withExtendedLifetime(promising) {}
    }
  }

  @Test func `the memory of bodies is given back, whatever becomes of the request`() async throws {
    try await withServer { server, port in
      try await onThread {
        let client = try RawClient(port: port)
        try client.send(request("POST", body: "whole"))
        _ = try client.receiveAnswer()
        try client.send(request("POST", "/", ["Content-Length: 100000"]) + "half")
        try RawClient(port: port).send(request("POST", "/", ["Content-Length: 100000"]) + "half")
      }
      #expect(
        await eventually {
          let held = await server.bodyMemoryInUse
          let count = await server.connectionCount
          return held == 0 && count == 0
        })
    }
  }
}
