package import HTTPTypes

/// The origins whose pages may read answers, beside the server's own.
///
/// Credentials that a browser adds by itself are never requested. Source: Fetch, WHATWG, §3.3 "CORS
/// protocol".
package struct CrossOrigin: Sendable, Hashable {
  private enum Origins: Hashable {
    case any
    case listed(Set<String>)
  }

  /// Seconds for which a browser may cache a preflight's answer.
  package static let maxAge = 7200

  /// No origin.
  package static let closed = CrossOrigin(origins: .listed([]))

  private let origins: Origins

  private init(origins: Origins) {
    self.origins = origins
  }

  /// Reads a comma-separated list of origins, each as browsers write it, or `*` alone.
  package init(_ list: String) throws(CrossOriginError) {
    guard list.trimmingBlanks != "*" else {
      self.init(origins: .any)
      return
    }
    let names = list.split(separator: ",").map(\.trimmingBlanks).filter { !$0.isEmpty }
    if let wrong = names.first(where: { !CrossOrigin.isOrigin($0) }) {
      throw .notAnOrigin(wrong)
    }
    self.init(origins: .listed(Set(names)))
  }

  /// Adds the CORS fields to an answer, including that to a preflight.
  ///
  /// An answer to `OPTIONS` has its methods in `Allow`. A list of origins makes answers vary by
  /// `Origin`, also for requests without one.
  package func admit(
    to response: inout Response, answering head: RequestHead?, sending accepted: [HTTPField.Name],
    reading exposed: [HTTPField.Name]
  ) {
    if case .listed(let names) = origins, !names.isEmpty { response.fields.vary(by: .origin) }
    guard let origin = allowedOrigin(head) else { return }
    response.fields[.accessControlAllowOrigin] = origin
    guard let head, head.isPreflight else {
      response.fields[.accessControlExposeHeaders] = exposed.list
      return
    }
    response.fields[.accessControlAllowMethods] = response.fields[.allow]
    response.fields[.accessControlAllowHeaders] = accepted.list
    response.fields[.accessControlMaxAge] = String(CrossOrigin.maxAge)
  }

  private func allowedOrigin(_ head: RequestHead?) -> String? {
    switch origins {
    case .any: "*"
    case .listed(let names): head?.fields[.origin].flatMap { names.contains($0) ? $0 : nil }
    }
  }

  /// Whether a browser could send it: a scheme, a host in lower case and an optional port.
  ///
  /// `null`, which any sandboxed page sends, is refused. Source: HTML, WHATWG, "Origin".
  private static func isOrigin(_ text: String) -> Bool {
    text.wholeMatch(of: /[a-z][a-z0-9+.\-]*:\/\/([a-z0-9._\-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?/)
      != nil
  }
}

/// The reason why a list of origins is refused.
package enum CrossOriginError: Error, Hashable, Sendable {
  case notAnOrigin(String)
}

extension HTTPFields {
  /// Adds a field to `Vary`.
  ///
  /// Source: RFC 9110 §12.5.5.
  package mutating func vary(by name: HTTPField.Name) {
    append(HTTPField(name: .vary, value: name.rawName))
  }
}

extension RequestHead {
  /// Whether the request is a CORS preflight.
  ///
  /// Source: Fetch, WHATWG, "CORS-preflight request".
  fileprivate var isPreflight: Bool {
    method == .options && fields.contains(.origin)
      && fields.contains(.accessControlRequestMethod)
  }
}

extension [HTTPField.Name] {
  fileprivate var list: String { map(\.rawName).joined(separator: ", ") }
}
