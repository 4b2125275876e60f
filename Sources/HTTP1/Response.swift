package import HTTPTypes

/// The destination of a streamed body.
///
/// `write` returns when there is room for the bytes, so that a slow reader slows the producer. It
/// throws when the reader is gone or too slow.
package protocol BodyWriter: Sendable {
  func write(_ bytes: [UInt8]) async throws
}

/// An answer to one request.
package struct Response: Sendable {
  package enum Body: Sendable {
    case bytes([UInt8])
    /// Bytes produced while they are sent, exactly `length` of them.
    case stream(length: Int, @Sendable (any BodyWriter) async throws -> Void)
    /// Bytes produced while they are sent, their number unknown before.
    case unsized(@Sendable (any BodyWriter) async throws -> Void)
  }

  package var status: HTTPResponse.Status
  package var fields: HTTPFields
  package var body: Body

  package init(
    status: HTTPResponse.Status, fields: HTTPFields = [:], body: Body = .bytes([])
  ) {
    self.status = status
    self.fields = fields
    self.body = body
  }
}
