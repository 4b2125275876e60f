import Featurization
import HTTP1
import HTTPTypes
import Jobs
import Scheduling
import Synchronization

/// Answers about the server itself.
extension Service {
  /// The length of the queue, and how far the client's own requests are.
  func queue(_ context: RequestContext) -> Answering {
    .work { [queue = services.fields.queue, underWay = services.queries.underWay] _ in
      let counts = queue.counts
      let listing = QueueListing(
        waiting: counts.waiting, running: counts.running, queue.forecast,
        underWay.all(of: context.client.name), of: context.client.name)
      return Response(
        status: .ok, fields: [.contentType: "application/json"], body: .bytes(json(listing)))
    }
  }

  /// The model cards, and whether their weights are present.
  func modelList(_ context: RequestContext) -> Answering {
    .work { [models = services.models] _ in
      try Representation(json(["models": models.listing]), type: "application/json")
        .response(to: context.head)
    }
  }

  /// The API's OpenAPI document.
  func description(_ context: RequestContext) -> Answering {
    .work { [document] _ in
      try Representation(document, type: "application/yaml").response(to: context.head)
    }
  }

  func readiness() -> Answering {
    .work { [currentReadiness] _ in try currentReadiness().response() }
  }

  /// What tells whether work is accepted; it looks at the disk.
  var currentReadiness: @Sendable () -> Readiness {
    { [self] in
      Readiness(
        model: services.models.isDefaultLoaded, store: services.canKeep && jobs?.isSound ?? true,
        staying: !isDraining.load(ordering: .acquiring))
    }
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
