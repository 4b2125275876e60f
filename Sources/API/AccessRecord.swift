import Featurization

/// The outcome of one request, for logs and metrics.
///
/// Text from the client is printable ASCII, which the parser ensures; except for the resource it is
/// not to be trusted further.
package struct AccessRecord: Sendable {
  /// The method; `nil` for bytes that were not a request.
  package let method: String?
  /// The resource's path with its variable as a placeholder; `nil` for an unknown path.
  package let resource: String?
  package let path: String
  /// The query, with values that may be secret removed.
  package let query: String?
  package let id: String
  package let trace: TraceContext?
  /// The operator's name for the token, or the certificate's subject.
  package let client: String?
  package var status = 0
  /// The kind of problem, if the answer was one.
  package var problem: String?
  /// Bytes of the request's body.
  package var bytesIn = 0
  package var bytesOut = 0
  /// Time from the end of the request to the answer's last byte.
  package var duration = Duration.zero
  package var stages: [(name: String, duration: Duration)] = []
  /// Whether the whole answer was produced.
  package var isComplete = true
  /// Whether the client disconnected before the answer.
  package var isAbandoned = false

  /// Creates the record of a request that has been read but not answered.
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
  /// Changes the record in place, without a copy.
  mutating func change(_ body: (inout AccessRecord) -> Void) {
    body(&self)
  }

  /// The maximum number of characters of a path or query in a log line.
  static let textLimit = 256

  /// A query that keeps only the values of known options, since others may be secret.
  ///
  /// Names of images are removed too: a name is enough to read the image.
  static func redacted(_ query: String) -> String {
    let parts = query.prefix(textLimit).split(separator: "&", omittingEmptySubsequences: false)
    return parts.map { part in
      let name = part.prefix { $0 != "=" }
      guard Parameter(rawValue: String(name)) != nil else { return "***" }
      return name == Parameter.image.rawValue ? "\(name)=***" : String(part)
    }.joined(separator: "&")
  }
}
