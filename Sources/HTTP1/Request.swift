package import HTTPTypes

/// The supported protocol versions.
package enum HTTPVersion: Sendable, Hashable {
  case http10
  case http11
}

/// How the end of a message body is determined.
///
/// Source: RFC 9112 §6.
package enum BodyFraming: Sendable, Hashable {
  case none
  case fixed(Int)
  case chunked
}

/// The target of a request line: a path and a query, both still percent-encoded.
///
/// Every byte is printable ASCII without space, quote, backslash or fragment. Source: RFC 9112
/// §3.2.
package struct RequestTarget: Sendable, Hashable {
  package let path: String
  package let query: String?

  package init(path: String, query: String? = nil) {
    self.path = path
    self.query = query
  }
}

/// A request without its body.
package struct RequestHead: Sendable, Hashable {
  package var method: HTTPRequest.Method
  package var target: RequestTarget
  package var version: HTTPVersion
  package var fields: HTTPFields
  package var framing: BodyFraming
  /// Whether the client allows further requests on the connection.
  ///
  /// Source: RFC 9112 §9.3.
  package var keepsAlive: Bool
  /// Whether the client waits for `100 Continue` before it sends the body.
  ///
  /// Source: RFC 9110 §10.1.1.
  package var expectsContinue: Bool
  /// The name in the client's certificate, where TLS has verified one; nothing that was written in
  /// the request.
  package var certificate: String?
  /// The numeric address that the connection comes from; nothing that was written in the request.
  package var address: String?

  package init(
    method: HTTPRequest.Method, target: RequestTarget, version: HTTPVersion = .http11,
    fields: HTTPFields = [:], framing: BodyFraming = .none, keepsAlive: Bool = true,
    expectsContinue: Bool = false
  ) {
    self.method = method
    self.target = target
    self.version = version
    self.fields = fields
    self.framing = framing
    self.keepsAlive = keepsAlive
    self.expectsContinue = expectsContinue
  }
}

/// A complete request, with its whole body.
package struct Request: Sendable, Hashable {
  package var head: RequestHead
  package var body: [UInt8]

  package init(head: RequestHead, body: [UInt8] = []) {
    self.head = head
    self.body = body
  }
}
