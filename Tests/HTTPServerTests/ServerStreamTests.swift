import Foundation
import HTTP1
import HTTPServer
import HTTPTypes
import Support
import Testing

@Suite("Server and streams") struct ServerStreamTests {
  /// A handler that streams so many pieces of 64 KiB, each filled with its number, and tells how
  /// many are written.
  static func streaming(
    _ pieces: Int, promised: Int? = nil, note: @escaping @Sendable (Int) -> Void = { _ in }
  ) -> TestHandler {
    TestHandler(answer: { _ in
      let length = (promised ?? pieces) * 65536
      return Response(
        status: .ok,
        body: .stream(length: length) { writer in
          for number in 0..<pieces {
            try await writer.write(
              [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 65536))
            note(number + 1)
          }
        })
    })
  }

  /// Bytes that the kernel may hold for a connection: by default 4 MiB.
  ///
  /// Source: tcp_wmem in tcp(7).
  static let kernelBuffer: Int = {
    let sizes = try? String(contentsOfFile: "/proc/sys/net/ipv4/tcp_wmem", encoding: .utf8)
    return sizes?.split(whereSeparator: \.isWhitespace).last.flatMap { Int($0) } ?? 4 << 20
  }()

  @Test func `a slow reader suspends the producer, and gets every byte`() async throws {
    let (written, read, ahead) = (Box(0), Box(0), Box(0))
    let handler = Self.streaming(400) { pieces in
      written.value = pieces
      ahead.update { $0 = max($0, pieces - read.value / 65536) }
    }
    try await withServer(handler) { _, port in
      let client = try await onThread {
        let client = try RawClient(port: port, receiveBuffer: 4096)
        try client.send(request())
        return client
      }
      // It goes on until the send buffer is full, whether anything is read or not.
      #expect(await written.until { $0 >= 4 })
      let body = try await onThread {
        _ = try client.receive(through: "\r\n\r\n")
        var body: [UInt8] = []
        while body.count < 400 * 65536 {
          let bytes = try client.receive()
          if bytes.isEmpty { break }
          body += bytes
          read.value = body.count
        }
        return body
      }
      #expect(body.count == 400 * 65536)
      #expect(body.indices.allSatisfy { body[$0] == UInt8(truncatingIfNeeded: $0 / 65536) })
      #expect(written.value == 400)
      // At most the send buffer here, the kernel's, and what the client has not counted yet.
      #expect(ahead.value <= 4 + Self.kernelBuffer / 65536 + 16)
      // The connection is as good as new.
      try await onThread {
        try client.send(request("HEAD"))
        _ = try client.receiveAnswer(hasBody: false)
      }
    }
  }

  @Test(arguments: [(3, 4), (4, 3)])
  func `a stream that breaks its promise is cut`(pieces: Int, promised: Int) async throws {
    let handler = Self.streaming(pieces, promised: promised)
    try await withServer(handler) { _, port in
      try await onThread {
        let client = try RawClient(port: port)
        try client.send(request())
        _ = try client.receive(through: "\r\n\r\n")
        #expect((try? client.receiveAll().count) ?? 0 <= 3 * 65536)
      }
    }
  }

  @Test func `a reader that stalls is cut, and its producer told`() async throws {
    let (ending, time) = (Box(""), ServerTime())
    let handler = TestHandler(answer: { _ in
      Response(
        status: .ok,
        body: .stream(length: 1 << 30) { writer in
          do {
            for _ in 0..<1024 { try await writer.write([UInt8](repeating: 1, count: 1 << 20)) }
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
      // Once the kernels' buffers are full, none of it is a time in which bytes are taken.
      while await server.connectionCount > 0 { await time.pass(.seconds(1), on: server) }
      #expect(await ending.until { $0 == "CancellationError" })
      withExtendedLifetime(client) {}
    }
  }

  @Test func `a request's memory is given back when its answer begins, however it is read`()
    async throws
  {
    let streaming = Self.streaming(1000)
    try await withServer(streaming) { server, port in
      let client = try await onThread {
        let client = try RawClient(port: port, receiveBuffer: 4096)
        try client.send(request("POST", body: String(repeating: "x", count: 100_000)))
        _ = try client.receive(through: "\r\n\r\n")
        return client
      }
      #expect(await server.bodyMemoryInUse == 0)
      #expect(await server.connectionCount == 1)
      withExtendedLifetime(client) {}
    }
  }

  @Test func `a reader that is slow but steady is not cut`() async throws {
    let (time, limits) = (ServerTime(), Limits.brisk)
    try await withServer(Self.streaming(160), time: time) { server, port in
      let client = try await onThread {
        let client = try RawClient(port: port, receiveBuffer: 4096)
        try client.send(request())
        _ = try client.receive(through: "\r\n\r\n")
        return client
      }
      // 30 sips, each just in time: fifteen times the limit in all.
      for _ in 0..<30 {
        _ = try await onThread { try client.receive(exactly: 65536) }
        await time.pass(limits.writeStall / 2, on: server)
      }
      _ = try await onThread { try client.receive(exactly: 130 * 65536) }
    }
  }
}
