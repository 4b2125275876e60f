package import Featurization
import HTTP1
package import HTTPTypes

/// A row of the table of routes: a method of a resource, who may use it, and what answers.
package struct Route: Sendable {
  /// Who may use it.
  enum Access: Sendable, Hashable {
    /// Anyone who can reach the server.
    case open
    /// Anyone, where the operator says so.
    case metrics
    /// Who shows a token, where there are tokens.
    case client
    /// The same, and the token's quota pays: it may compute, or take bytes in.
    case charged
  }

  /// HEAD goes with GET, and OPTIONS with all.
  package let method: HTTPRequest.Method
  /// With at most one variable: a field's id or an image's name.
  package let path: String
  let access: Access
  /// What a field is asked for there, the first where the request does not say.
  package let outputs: [OutputKind]
  /// Decides from the head how a request is answered.
  let open: @Sendable (Service, RequestContext) throws(Problem) -> Answering

  init(
    _ method: HTTPRequest.Method, _ path: String, _ access: Access, outputs: [OutputKind] = [],
    open: @escaping @Sendable (Service, RequestContext) throws(Problem) -> Answering
  ) {
    self.method = method
    self.path = path
    self.access = access
    self.outputs = outputs
    self.open = open
  }

  /// Whether a request has a body that is wanted.
  var takesBody: Bool { method == .post || method == .put }
}

/// What answers a request whose head was accepted.
enum Answering: Sendable {
  /// It needs no work.
  case now(Response)
  /// It is given the body.
  case work(@Sendable (_ body: [UInt8]) async throws -> Response)
}

extension Route {
  /// All of them; `openapi.yaml` lists the same.
  package static let all: [Route] =
    [
      Route(.post, "/features", .charged, outputs: OutputKind.ofImages) {
        service, context throws(Problem) in
        try service.features.open(context)
      },
      Route(.post, "/fields", .charged) { service, context throws(Problem) in
        try service.fields.create(context)
      },
      Route(.get, "/fields/{id}", .charged) { service, context throws(Problem) in
        try service.fields.describe(context)
      },
      Route(.post, "/fields/{id}/sample", .charged, outputs: OutputKind.ofPoints) {
        service, context throws(Problem) in
        try service.fields.ask(OutputKind.ofPoints, context, takesPayload: true)
      },
      Route(.post, "/fields/{id}/project", .charged, outputs: OutputKind.ofMaps) {
        service, context throws(Problem) in
        try service.fields.ask(OutputKind.ofMaps, context, takesPayload: true)
      },
      Route(.post, "/images", .charged) { service, context in service.images.keep(context) },
      Route(.get, "/images/{image}", .charged) { service, context throws(Problem) in
        try service.images.get(context)
      },
      Route(.put, "/images/{image}", .charged) { service, context in service.images.keep(context) },
      Route(.delete, "/images/{image}", .charged) { service, context throws(Problem) in
        try service.images.delete(context)
      },
      Route(.get, "/queue", .client) { service, context in service.queue(context) },
      Route(.get, "/models", .client) { service, context in service.modelList(context) },
      Route(.get, "/livez", .open) { _, _ in .now(.text("ok\n")) },
      Route(.get, "/readyz", .open) { service, _ in service.readiness() },
      Route(.get, "/metrics", .metrics) { service, _ in service.metrics.answering },
      Route(.get, "/openapi.yaml", .client) { service, context in service.description(context) },
    ]
    + OutputKind.ofFields.map { kind in
      Route(.get, "/fields/{id}/\(kind.name)", .charged, outputs: [kind]) {
        service, context throws(Problem) in
        try service.fields.ask([kind], context)
      }
    }
}
