import HTTP1
import HTTPServer
import HTTPTypes
import Support
import Testing

@Suite("Server and parts") struct ServerRangeTests {
  static let length = 3_000_000

  static func byte(_ offset: Int) -> UInt8 { UInt8(truncatingIfNeeded: offset &* 31 >> 4) }

  /// Serves bytes that are made in pieces when they are asked for, and notes which were.
  static func handler(made: Box<[Range<Int>]>) -> TestHandler {
    let representation = Representation(
      tag: EntityTag(strong: "t"), fields: [.contentType: "application/x-npy"],
      content: .stream(length: length) { part, writer in
        for start in stride(from: part.lowerBound, to: part.upperBound, by: 100_000) {
          let piece = start..<min(start + 100_000, part.upperBound)
          made.update { $0.append(piece) }
          try await writer.write(piece.map(byte))
        }
      })
    return TestHandler(answer: { request in
      (try? representation.response(to: request.head)) ?? Response(status: .preconditionFailed)
    })
  }

  @Test func `a download that was cut goes on where it stopped`() async throws {
    let made = Box<[Range<Int>]>([])
    try await withServer(Self.handler(made: made)) { server, port in
      var received = try await onThread {
        let client = try RawClient(port: port, receiveBuffer: 4096)
        try client.send(request())
        let head = try client.receive(through: "\r\n\r\n")
        #expect(head.contains("\r\nAccept-Ranges: bytes\r\n") && head.contains("ETag: \"t\"\r\n"))
        let part = try client.receive(exactly: 1_234_567)
        client.resetOnClose()
        return part
      }
      #expect(await eventually { await server.connectionCount == 0 })
      made.value = []
      let (start, answer) = (
        received.count,
        try await onThread { [start = received.count] in
          let client = try RawClient(port: port)
          try client.send(
            request("GET", "/", ["Range: bytes=\(start)-", "If-Range: \"t\""]))
          return try client.receiveAnswer()
        }
      )
      #expect(answer.head.hasPrefix("HTTP/1.1 206 Partial Content\r\n"))
      #expect(
        answer.head.contains(
          "\r\nContent-Range: bytes \(start)-\(Self.length - 1)/\(Self.length)\r\n"))
      received += answer.body
      #expect(received == (0..<Self.length).map(Self.byte))
      // Nothing before it was made again.
      #expect(made.value.first?.lowerBound == start)
    }
  }

  @Test func `HEAD and 304 have the fields, and nothing is made for them`() async throws {
    let made = Box<[Range<Int>]>([])
    try await withServer(Self.handler(made: made)) { _, port in
      try await onThread {
        let client = try RawClient(port: port)
        try client.send(request("HEAD"))
        let head = try client.receiveAnswer(hasBody: false).head
        #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
        for field in [
          "Content-Length: \(Self.length)", "ETag: \"t\"", "Accept-Ranges: bytes",
          "Content-Type: application/x-npy",
        ] {
          #expect(head.contains("\r\n\(field)\r\n"))
        }
        try client.send(request("GET", "/", ["If-None-Match: W/\"t\""]))
        let same = try client.receiveAnswer(hasBody: false).head
        #expect(same.hasPrefix("HTTP/1.1 304 Not Modified\r\n"))
        #expect(same.contains("\r\nETag: \"t\"\r\n"))
        #expect(!same.contains("Content-Length") && !same.contains("Content-Type"))
        #expect(made.value.isEmpty)
        // The connection is as good as new.
        try client.send(request("GET", "/", ["Range: bytes=-3"]))
        let end = try client.receiveAnswer()
        #expect(end.body == (Self.length - 3..<Self.length).map(Self.byte))
      }
    }
  }
}
