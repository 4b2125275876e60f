import HTTP1
package import HTTPTypes

/// The resources of the server.
///
/// `openapi.yaml` lists the same.
package enum Route: String, Sendable, Hashable, CaseIterable {
  case features = "/features"
  case models = "/models"
  case live = "/livez"
  case ready = "/readyz"
  case openAPI = "/openapi.yaml"

  /// What a resource does; HEAD goes with GET, and OPTIONS with all.
  package var methods: [HTTPRequest.Method] {
    switch self {
    case .features: [.post]
    case .models, .live, .ready, .openAPI: [.get]
    }
  }

  /// All methods that are answered, for `Allow`.
  package var allow: String {
    let methods = methods + (methods.contains(.get) ? [.head] : []) + [.options]
    return methods.map(\.rawValue).joined(separator: ", ")
  }

  /// What the server as a whole answers.
  static var allowAnywhere: String { "GET, HEAD, POST, OPTIONS" }

  /// The resource that a head asks for, or why there is none.
  ///
  /// Source: RFC 9110 §15.5.5–6.
  static func of(_ head: RequestHead) throws(Problem) -> Route {
    guard let route = Route(rawValue: head.target.path) else {
      throw Problem(
        404, "not-found", "Not found",
        "There is nothing at this path; /openapi.yaml lists what there is")
    }
    let method = head.method == .head ? .get : head.method
    guard route.methods.contains(method) || method == .options else {
      var problem = Problem(
        405, "method-not-allowed", "Method not allowed",
        "\(route.rawValue) answers \(route.allow)")
      problem.allow = route.allow
      throw problem
    }
    return route
  }
}

extension RequestHead {
  /// `OPTIONS *`.
  ///
  /// Source: RFC 9110 §9.3.7.
  var asksForTheServer: Bool { method == .options && target.path == "*" }
}
