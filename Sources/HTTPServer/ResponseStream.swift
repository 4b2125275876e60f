import HTTP1

/// Where a handler's stream writes: the connection that its request came from.
struct ResponseStream: BodyWriter {
  let connection: ConnectionTask
  let exchange: Int

  func write(_ bytes: [UInt8]) async throws {
    try await connection.write(bytes, exchange: exchange)
  }
}

/// A stream that does not keep its promise; its connection is cut, so that the client notices.
enum ResponseStreamError: Error, Hashable, Sendable {
  case tooLong(limit: Int)
  case tooShort(missing: Int)
}
