package import Featurization
import HTTP1
package import HTTPTypes

/// A row of the table of routes: a method of a resource, its access rule and its handler.
package struct Route: Sendable {
  /// The clients that may use a route.
  enum Access: Sendable, Hashable {
    /// All clients.
    case open
    /// All clients if the operator allows it, else clients with a valid token.
    case metrics
    /// Clients with a valid token, where tokens are configured.
    case client
    /// As `client`, and requests count against the token's quota: they compute or upload.
    case charged
  }

  /// The method; HEAD is implied by GET, and OPTIONS exists for all paths.
  package let method: HTTPRequest.Method
  /// The path, with at most one variable: a field's id, an image's name or a file of the page.
  package let path: String
  let access: Access
  /// The outputs that may be queried here; the first is the default.
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

  /// Whether requests have a body that is used.
  var takesBody: Bool { [.post, .put, .patch].contains(method) }
}

/// How a request whose head was accepted is answered.
enum Answering: Sendable {
  /// At once, without work.
  case now(Response)
  /// By work that takes the body.
  case work(@Sendable (_ body: [UInt8]) async throws -> Response)
}

extension Route {
  /// A field itself.
  static let field = "/fields/{id}"

  /// All routes; `openapi.yaml` lists the same.
  package static let all: [Route] =
    [
      Route(.post, "/features", .charged, outputs: OutputKind.ofImages) {
        service, context throws(Problem) in
        try service.features.open(context, service.jobsIfKept)
      },
      Route(.post, "/fields", .charged) { service, context throws(Problem) in
        try service.fields.create(context, service.jobsIfKept)
      },
      Route(.get, "/fields", .client) { service, context throws(Problem) in
        try service.listings.fields(context)
      },
      Route(.get, field, .charged) { service, context throws(Problem) in
        try service.fields.describe(context)
      },
      Route(.delete, field, .charged) { service, context throws(Problem) in
        try service.fields.giveUp(context)
      },
      Route(.post, "/fields/{id}/sample", .charged, outputs: OutputKind.ofPoints) {
        service, context throws(Problem) in
        try service.fields.ask(OutputKind.ofPoints, context, takesPayload: true)
      },
      Route(.post, "/fields/{id}/project", .charged, outputs: OutputKind.ofMaps) {
        service, context throws(Problem) in
        try service.fields.ask(OutputKind.ofMaps, context, takesPayload: true)
      },
      Route(.get, "/fields/{id}/segmentation", .charged, outputs: OutputKind.ofClassifiers) {
        service, context throws(Problem) in
        try service.fields.ask(OutputKind.ofClassifiers, context, takesPartial: true)
      },
      Route(.post, "/fields/{id}/segmentation", .charged) { service, context throws(Problem) in
        try service.fields.ask(
          OutputKind.ofClassifiers, context, takesPayload: true, takesPartial: true)
      },
      Route(.get, "/fields/{id}/measurements", .charged, outputs: [.measurements]) {
        service, context throws(Problem) in
        try service.fields.ask([.measurements], context)
      },
      Route(.post, "/fields/{id}/measurements", .charged) { service, context throws(Problem) in
        try service.fields.ask([.measurements], context, takesPayload: true)
      },
      Route(.get, "/fields/{id}/clusters", .charged, outputs: OutputKind.ofClusters) {
        service, context throws(Problem) in
        try service.fields.ask(OutputKind.ofClusters, context)
      },
      Route(.get, "/fields/{id}/suggestions", .charged, outputs: [.suggestions]) {
        service, context throws(Problem) in
        try service.fields.ask([.suggestions], context)
      },
      Route(.get, "/fields/{id}/labels", .charged) { service, context throws(Problem) in
        try service.labels.get(context)
      },
      Route(.put, "/fields/{id}/labels", .charged) { service, context throws(Problem) in
        try service.labels.put(context)
      },
      Route(.patch, "/fields/{id}/labels", .charged) { service, context throws(Problem) in
        try service.labels.patch(context)
      },
      Route(.delete, "/fields/{id}/labels", .charged) { service, context throws(Problem) in
        try service.labels.delete(context)
      },
      Route(.post, "/clusters", .charged) { service, context in
        service.clusters.group(context, service.jobsIfKept)
      },
      Route(.post, "/classifiers", .charged) { service, context in
        service.classifiers.train(context)
      },
      Route(.get, "/classifiers", .client) { service, context throws(Problem) in
        try service.listings.classifiers(context)
      },
      Route(.get, "/classifiers/{id}", .charged) { service, context throws(Problem) in
        try service.classifiers.get(context)
      },
      Route(.put, "/classifiers/{id}", .charged) { service, context throws(Problem) in
        try service.classifiers.keep(context)
      },
      Route(.delete, "/classifiers/{id}", .charged) { service, context throws(Problem) in
        try service.classifiers.delete(context)
      },
      Route(.post, "/correspondences", .charged) { service, context in
        service.correspondences.match(context)
      },
      Route(.get, "/search", .charged) { service, context throws(Problem) in
        try service.search.likeField(context)
      },
      Route(.post, "/search", .charged) { service, context throws(Problem) in
        try service.search.likeImage(context)
      },
      Route(.post, "/images", .charged) { service, context in service.images.keep(context) },
      Route(.get, "/images", .client) { service, context throws(Problem) in
        try service.listings.images(context)
      },
      Route(.post, "/images/missing", .client) { service, context in
        service.images.missing(context)
      },
      Route(.get, "/images/{image}", .charged) { service, context throws(Problem) in
        try service.images.get(context)
      },
      Route(.put, "/images/{image}", .charged) { service, context in service.images.keep(context) },
      Route(.delete, "/images/{image}", .charged) { service, context throws(Problem) in
        try service.images.delete(context, service.jobsIfKept)
      },
      Route(.get, "/jobs", .client) { service, context throws(Problem) in
        try service.jobsEndpoint.list(context)
      },
      Route(.get, "/jobs/{job}", .client) { service, context throws(Problem) in
        try service.jobsEndpoint.get(context)
      },
      Route(.delete, "/jobs/{job}", .client) { service, context throws(Problem) in
        try service.jobsEndpoint.delete(context)
      },
      Route(.get, "/jobs/{job}/events", .client) { service, context throws(Problem) in
        try service.jobsEndpoint.events(context)
      },
      Route(.get, "/jobs/{job}/result", .client) { service, context throws(Problem) in
        try service.jobsEndpoint.result(context)
      },
      Route(.post, "/batches", .charged) { service, context throws(Problem) in
        try service.jobsEndpoint.submitBatch(context)
      },
      Route(.get, "/batches/{batch}", .client) { service, context throws(Problem) in
        try service.jobsEndpoint.batch(context)
      },
      Route(.delete, "/batches/{batch}", .client) { service, context throws(Problem) in
        try service.jobsEndpoint.deleteBatch(context)
      },
      Route(.get, "/batches/{batch}/events", .client) { service, context throws(Problem) in
        try service.jobsEndpoint.batchEvents(context)
      },
      Route(.get, "/batches/{batch}/jobs", .client) { service, context throws(Problem) in
        try service.jobsEndpoint.members(context)
      },
      Route(.get, "/batches/{batch}/results", .client) { service, context throws(Problem) in
        try service.jobsEndpoint.results(context)
      },
      Route(.get, "/queue", .client) { service, context in service.queue(context) },
      Route(.get, "/models", .client) { service, context in service.modelList(context) },
      Route(.get, "/livez", .open) { _, _ in .now(.text("ok\n")) },
      Route(.get, "/readyz", .open) { service, _ in service.readiness() },
      Route(.get, "/metrics", .metrics) { service, _ in service.metrics.answering },
      Route(.get, "/", .open) { _, context throws(Problem) in try PageFile.open(context) },
      Route(.get, "/docs", .open) { _, context throws(Problem) in try PageFile.open(context) },
      Route(.get, "/page/{file}", .open) { _, context throws(Problem) in
        try PageFile.open(context)
      },
      Route(.get, "/openapi.yaml", .client) { service, context in service.description(context) },
    ]
    + inference
    + OutputKind.ofFields.map { kind in
      Route(.get, "/fields/{id}/\(kind.name)", .charged, outputs: [kind]) {
        service, context throws(Problem) in
        try service.fields.ask(
          [kind], context, takesPartial: [.pca, .similarity].contains(kind))
      }
    }
}
