import Foundation
import HTTP1
import HTTPServer
import HTTPTypes
import Support
import Testing

@Suite("Server and streams") struct ServerStreamTests {
  /// A handler that streams so many pieces of 64 KiB, each filled with its number.
  static func streaming(_ pieces: Int, promised: Int? = nil, written: Box<Int>) -> TestHandler {
    TestHandler(answer: { _ in
      let length = (promised ?? pieces) * 65536
      return Response(
        status: .ok,
        body: .stream(length: length) { writer in
          for number in 0..<pieces {
            try await writer.write(
              [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: 65536))
            written.update { $0 += 1 }
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
    let written = Box(0)
    try await withServer(Self.streaming(400, written: written)) { _, port in
      let client = try await onThread {
        let client = try RawClient(port: port, receiveBuffer: 4096)
        try client.send(request())
        return client
      }
      // It goes on until the buffers are full, then it rests.
      #expect(await eventually { written.value >= 16 })
      var seen = 0
      while written.value != seen {
        seen = written.value
        try await Task.sleep(for: .milliseconds(100))
      }
      // At most the send buffer here and the kernel's.
      #expect(seen <= 16 + Self.kernelBuffer / 65536 + 16)
      let answer = try await onThread { try client.receiveAnswer() }
      #expect(answer.body.count == 400 * 65536)
      let isRight = answer.body.indices.allSatisfy {
        answer.body[$0] == UInt8(truncatingIfNeeded: $0 / 65536)
      }
      #expect(isRight)
      #expect(written.value == 400)
      // The connection is as good as new.
      try await onThread {
        try client.send(request("HEAD"))
        _ = try client.receiveAnswer(hasBody: false)
      }
    }
  }

  @Test(arguments: [(3, 4), (4, 3)])
  func `a stream that breaks its promise is cut`(pieces: Int, promised: Int) async throws {
    let handler = Self.streaming(pieces, promised: promised, written: Box(0))
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
    var limits = Limits.brisk
    limits.writeStall = .milliseconds(300)
    let ending = Box("")
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
    try await withServer(handler, limits: limits) { server, port in
      let client = try await onThread {
        let client = try RawClient(port: port, receiveBuffer: 4096)
        try client.send(request())
        return client
      }
      #expect(await eventually { ending.value == "CancellationError" })
      #expect(await eventually { await server.connectionCount == 0 })
      withExtendedLifetime(client) {}
    }
  }

  @Test func `a reader that is slow but steady is not cut`() async throws {
    var limits = Limits.brisk
    limits.writeStall = .seconds(2)
    let handler = Self.streaming(160, written: Box(0))
    try await withServer(handler, limits: limits) { _, port in
      try await onThread {
        let client = try RawClient(port: port, receiveBuffer: 4096)
        try client.send(request())
        _ = try client.receive(through: "\r\n\r\n")
        // 30 sips, a tenth of a second apart: more than the limit in all.
        for _ in 0..<30 {
          _ = try client.receive(exactly: 65536)
          Thread.sleep(forTimeInterval: 0.1)
        }
        _ = try client.receive(exactly: 130 * 65536)
      }
    }
  }
}
