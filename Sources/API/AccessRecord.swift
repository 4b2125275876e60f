import Featurization

/// What became of one request, for logs and metrics.
///
/// Text that a client wrote is printable ASCII, as the parser lets nothing else through, but for
/// the request's path it is not to be trusted further.
package struct AccessRecord: Sendable {
  /// `nil` for bytes that were no request.
  package let method: String?
  /// The resource's path with its variable; `nil` where nothing is at the path.
  package let resource: String?
  package let path: String
  /// The query, without values that may be secrets.
  package let query: String?
  package let id: String
  package let trace: TraceContext?
  /// The operator's name for the token.
  package let client: String?
  package var status = 0
  /// Names the problem, if the answer was one.
  package var problem: String?
  /// Of the bodies.
  package var bytesIn = 0
  package var bytesOut = 0
  /// From the whole request to the answer's last byte.
  package var duration = Duration.zero
  package var stages: [(name: String, duration: Duration)] = []
  /// Whether the answer was made to its end.
  package var isComplete = true
  /// Whether the client went before it was answered.
  package var isAbandoned = false
  /// Whether a token's account has it.
  var isCharged = false

  /// Of a request that has been read, and not answered yet.
  package init(
    method: String?, resource: String?, path: String, query: String?, id: String,
    trace: TraceContext?, client: String?
  ) {
    self.method = method
    self.resource = resource
    self.path = path
    self.query = query
    self.id = id
    self.trace = trace
    self.client = client
  }
}

extension AccessRecord {
  /// Changes it where it is, without a copy.
  mutating func change(_ body: (inout AccessRecord) -> Void) {
    body(&self)
  }

  /// Characters of a path or a query that are worth a line in a log.
  static let textLimit = 256

  /// A query whose values are those of this server's own options; others may be secrets.
  ///
  /// Names of images are enough to read them.
  static func redacted(_ query: String) -> String {
    let parts = query.prefix(textLimit).split(separator: "&", omittingEmptySubsequences: false)
    return parts.map { part in
      let name = part.prefix { $0 != "=" }
      guard Parameter(rawValue: String(name)) != nil else { return "***" }
      return name == Parameter.image.rawValue ? "\(name)=***" : String(part)
    }.joined(separator: "&")
  }
}
