import Digests
import Featurization
import HTTP1
import HTTPTypes
import Scheduling
import Synchronization

extension Service {
  /// Answers a request that was let in.
  func answer(_ request: Request, _ context: RequestContext) async throws -> Response {
    let head = request.head
    let found = Destination.found(by: head)
    if let greeting = try greeting(head, found) { return greeting }
    let destination = try found.get()
    if let name = destination.name {
      return try await answer(request, destination.route, name, context)
    }
    switch destination.route {
    case .features: return try await features.respond(to: request, context)
    case .fields: return try await fields.create(request, context)
    case .images: return try await images.keep(request)
    case .queue: return queue(context.client)
    case .models:
      return try Representation(models.document, type: "application/json").response(to: head)
    case .ready: return try readiness()
    case .metrics: return try await metrics.respond()
    case .openAPI:
      return try Representation(document, type: "application/yaml").response(to: head)
    default: preconditionFailure("\(destination.route) without a name")
    }
  }

  /// The answer to whoever asks what can be asked, or whether anybody is there.
  func greeting(
    _ head: RequestHead, _ destination: Result<Destination, Problem>
  ) throws(Problem) -> Response? {
    if head.asksForTheServer {
      return Response(status: .noContent, fields: [.allow: Route.allowAnywhere])
    }
    let route = try destination.get().route
    if head.method == .options {
      return Response(status: .noContent, fields: [.allow: route.allow])
    }
    return route == .live ? .text("ok\n") : nil
  }

  /// Answers about a field or an image that the path names.
  private func answer(
    _ request: Request, _ route: Route, _ name: Digest, _ context: RequestContext
  ) async throws -> Response {
    let head = request.head
    switch (route, head.method) {
    case (.image, .put): return try await images.keep(request, as: name)
    case (.image, .delete): return try await images.delete(name)
    case (.image, _): return try await images.get(name, head)
    case (.field, _): return try await fields.describe(name, head, context)
    case (.fieldSample, _):
      return try await fields.ask(name, route.outputs, head, context, posted: .points(request.body))
    case (.fieldProject, _):
      return try await fields.ask(name, route.outputs, head, context, posted: .map(request.body))
    default: return try await fields.ask(name, route.outputs, head, context)
    }
  }

  /// How long the line is, and where in it the client's own jobs stand.
  private func queue(_ client: Client) -> Response {
    let (counts, forecast) = (featurizer.queue.counts, featurizer.queue.forecast)
    let listing = QueueListing(
      waiting: counts.waiting, running: counts.running, forecast, of: client.name)
    return Response(
      status: .ok, fields: [.contentType: "application/json"], body: .bytes(json(listing)))
  }

  private func readiness() throws(Problem) -> Response {
    try Readiness(
      model: models.isDefaultLoaded, store: featurizer.fieldCache.canKeep,
      staying: !isDraining.load(ordering: .acquiring)
    ).response()
  }
}

extension Response {
  static func text(_ text: String) -> Response {
    Response(
      status: .ok,
      fields: [.contentType: "text/plain; charset=utf-8"],
      body: .bytes(Array(text.utf8)))
  }
}
