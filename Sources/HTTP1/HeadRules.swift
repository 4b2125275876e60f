import HTTPTypes

extension HTTPField.Name {
  /// Request fields that have no or several meanings when they are repeated.
  ///
  /// `Host` and the framing fields have rules of their own. Source: RFC 9110; a name is added when
  /// its definition is not a list.
  static let singleValued: Set<String> = [
    "access-control-request-method", "authorization", "content-disposition", "content-location",
    "content-range", "content-type", "date", "from", "idempotency-key", "if-modified-since",
    "if-range", "if-unmodified-since", "last-event-id", "max-forwards", "origin",
    "proxy-authorization", "range", "referer", "user-agent",
  ]
}

extension HTTPFields {
  func requireSingleValues() throws(ProtocolViolation) {
    var seen: Set<String> = []
    for field in self where HTTPField.Name.singleValued.contains(field.name.canonicalName) {
      guard seen.insert(field.name.canonicalName).inserted else { throw .malformedField }
    }
  }

  /// Requires one valid `Host`, which 1.0 may omit, equal to that of an absolute target.
  ///
  /// Source: RFC 9112 §3.2.
  func checkHost(of line: RequestLine) throws(ProtocolViolation) {
    let hosts = filter { $0.name.canonicalName == "host" }.map(\.value)
    guard hosts.count <= 1, hosts.allSatisfy({ Authority.isValid($0) }) else {
      throw .malformedHost
    }
    guard let host = hosts.first else {
      guard line.version == .http10 else { throw .malformedHost }
      return
    }
    if case .absolute(let authority, _) = line.target {
      guard authority.equalsIgnoringCase(host) else { throw .malformedHost }
    }
  }

  /// Whether the client waits for `100 Continue`, which 1.0 lacks.
  ///
  /// Source: RFC 9110 §10.1.1.
  func expectContinue(version: HTTPVersion) throws(ProtocolViolation) -> Bool {
    guard version == .http11 else { return false }
    let expectations = self[values: .expect]
    guard expectations.allSatisfy({ $0.equalsIgnoringCase("100-continue") }) else {
      throw .unsupportedExpectation
    }
    return !expectations.isEmpty
  }
}
