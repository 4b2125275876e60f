package import HTTPTypes

/// Whose pages may read the answers, beside the server's own.
///
/// Credentials that a browser would add by itself are never asked for.
/// Source: Fetch, WHATWG, §3.3 "CORS protocol".
package struct CrossOrigin: Sendable, Hashable {
  private enum Origins: Hashable {
    case any
    case listed(Set<String>)
  }

  /// Seconds that a browser may remember a preflight's answer.
  package static let maxAge = 7200

  /// Nobody's.
  package static let closed = CrossOrigin(origins: .listed([]))

  private let origins: Origins

  private init(origins: Origins) {
    self.origins = origins
  }

  /// Reads a list of origins with commas between them, each as browsers write it, or `*` alone.
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

  /// Adds to an answer what lets a page read it, or, before the request proper, send that.
  ///
  /// An answer to `OPTIONS` has its methods in `Allow`. A list of origins makes answers differ by
  /// `Origin`, also for those who sent none.
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

  /// Whether a browser could send it: a scheme, a host in lower case and perhaps a port.
  ///
  /// `null`, which any sandboxed page sends, is none. Source: HTML, WHATWG, "Origin".
  private static func isOrigin(_ text: String) -> Bool {
    text.wholeMatch(of: /[a-z][a-z0-9+.\-]*:\/\/([a-z0-9._\-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?/)
      != nil
  }
}

/// Why a list of origins is refused.
package enum CrossOriginError: Error, Hashable, Sendable {
  case notAnOrigin(String)
}

extension HTTPFields {
  /// Says that the answer would be another with another value of a field.
  ///
  /// Source: RFC 9110 §12.5.5.
  package mutating func vary(by name: HTTPField.Name) {
    append(HTTPField(name: .vary, value: name.rawName))
  }
}

extension RequestHead {
  /// A browser's question whether a page may send a request.
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
