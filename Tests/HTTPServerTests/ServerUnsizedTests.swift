import HTTP1
import HTTPServer
import HTTPTypes
import Support
import Testing

@Suite("Server and bodies of unknown length") struct ServerUnsizedTests {
  /// A handler that streams pieces of unknown length.
  static func sending(_ pieces: [String]) -> TestHandler {
    TestHandler(answer: { _ in
      Response(
        status: .ok,
        body: .unsized { writer in
          for piece in pieces { try await writer.write(Array(piece.utf8)) }
        })
    })
  }

  /// The pieces of a chunked body, read to its end.
  static func chunks(_ client: RawClient) throws -> [String] {
    var chunks: [String] = []
    while true {
      let line = try client.receive(through: "\r\n")
      let size = try #require(Int(line.filter(\.isHexDigit), radix: 16))
      let piece = String(decoding: try client.receive(exactly: size), as: UTF8.self)
      #expect(try client.receive(exactly: 2) == [13, 10])
      if size == 0 { return chunks }
      chunks.append(piece)
    }
  }

  @Test func `pieces are chunks, and the connection goes on after the last`() async throws {
    let large = String(repeating: "x", count: 70_000)
    try await withServer(Self.sending(["one", "", "two", large])) { _, port in
      try await onThread {
        let client = try RawClient(port: port)
        // The second is behind the first already.
        try client.send(request() + request())
        for _ in 0..<2 {
          let head = try client.receive(through: "\r\n\r\n").lowercased()
          #expect(head.contains("\r\ntransfer-encoding: chunked\r\n"))
          #expect(!head.contains("content-length"))
          #expect(!head.contains("connection:"))
          #expect(try Self.chunks(client) == ["one", "two", large])
        }
        try client.send(request())
        _ = try client.receive(through: "\r\n\r\n")
        #expect(try Self.chunks(client).count == 3)
      }
    }
  }

  @Test func `a body of no bytes is the last chunk alone`() async throws {
    try await withServer(Self.sending([])) { _, port in
      try await onThread {
        let client = try RawClient(port: port)
        try client.send(request())
        _ = try client.receive(through: "\r\n\r\n")
        #expect(try client.receive(exactly: 5) == Array("0\r\n\r\n".utf8))
      }
    }
  }

  @Test func `HEAD has the head of GET, no body, and the connection goes on`() async throws {
    try await withServer(Self.sending(["one"])) { _, port in
      try await onThread {
        let client = try RawClient(port: port)
        try client.send(request("HEAD") + request())
        let head = try client.receive(through: "\r\n\r\n")
        #expect(head.contains("Transfer-Encoding: chunked"))
        #expect(try client.receive(through: "\r\n\r\n").hasPrefix("HTTP/1.1 200"))
        #expect(try Self.chunks(client) == ["one"])
      }
    }
  }

  @Test(arguments: ["", "Connection: keep-alive\r\n"])
  func `for HTTP/1.0 the body ends with the connection`(field: String) async throws {
    try await withServer(Self.sending(["one", "", "two"])) { _, port in
      try await onThread {
        let client = try RawClient(port: port)
        let one = "GET / HTTP/1.0\r\nHost: eyepiece\r\n\(field)\r\n"
        // What is behind it is not answered.
        try client.send(one + one)
        let head = try client.receive(through: "\r\n\r\n")
        #expect(!head.contains("Transfer-Encoding") && !head.contains("Content-Length"))
        #expect(head.contains("Connection: close"))
        #expect(try client.receiveAll() == Array("onetwo".utf8))
      }
    }
  }

  @Test func `a body that fails has no last chunk`() async throws {
    struct Failure: Error {}
    let handler = TestHandler(answer: { _ in
      Response(
        status: .ok,
        body: .unsized { writer in
          try await writer.write(Array("one".utf8))
          throw Failure()
        })
    })
    try await withServer(handler) { _, port in
      try await onThread {
        let client = try RawClient(port: port)
        try client.send(request())
        _ = try client.receive(through: "\r\n\r\n")
        let rest = (try? client.receiveAll()) ?? []
        #expect(!String(decoding: rest, as: UTF8.self).contains("0\r\n\r\n"))
      }
    }
  }

  @Test func `a client that leaves ends the producer, though that writes nothing`() async throws {
    let (begun, ended) = (Box(false), Box(false))
    let handler = TestHandler(answer: { _ in
      Response(
        status: .ok,
        body: .unsized { writer in
          try await writer.write(Array("one".utf8))
          begun.value = true
          await untilCancelled()
          ended.value = true
        })
    })
    try await withServer(handler) { server, port in
      var client: RawClient? = try await onThread {
        let client = try RawClient(port: port)
        try client.send(request())
        return client
      }
      #expect(await begun.until { $0 })
      _ = client
      client = nil
      #expect(await ended.until { $0 })
      #expect(await eventually { await server.connectionCount == 0 })
    }
  }

  @Test func `a client that takes nothing is cut, and the producer told`() async throws {
    let (ending, time) = (Box(""), ServerTime())
    let handler = TestHandler(answer: { _ in
      Response(
        status: .ok,
        body: .unsized { writer in
          do {
            while true { try await writer.write([UInt8](repeating: 1, count: 1 << 16)) }
          } catch {
            ending.value = "\(type(of: error))"
            throw error
          }
        })
    })
    try await withServer(handler, time: time) { server, port in
      let client = try await onThread {
        let client = try RawClient(port: port, receiveBuffer: 4096)
        try client.send(request())
        _ = try client.receive(through: "\r\n\r\n")
        return client
      }
      while await server.connectionCount > 0 { await time.pass(.seconds(1), on: server) }
      #expect(await ending.until { $0 == "CancellationError" })
      withExtendedLifetime(client) {}
    }
  }
}
