import Digests
package import Featurization
package import HTTP1
import HTTPTypes
import Jobs
import Synchronization

/// The program as its clients see it: requests in, responses out, no socket in sight.
package final class Service: Handler {
  /// Bytes of a body that comes where none is needed; it is read and dropped.
  package static let needlessBody = 64 * 1024

  private let features: FeaturesEndpoint
  private let fields: FieldsEndpoint
  private let images: ImagesEndpoint
  private let models: ModelsEndpoint
  private let bodyLimit: Int
  private let document: [UInt8]
  private let crossOrigin: CrossOrigin
  private let isDraining = Atomic<Bool>(false)

  /// `document` is the API's description, `bodyLimit` the bytes of an image or a form.
  package init(
    featurizer: Featurizer, bodyLimit: Int, document: [UInt8], crossOrigin: CrossOrigin
  ) {
    features = FeaturesEndpoint(featurizer)
    fields = FieldsEndpoint(featurizer)
    images = ImagesEndpoint(featurizer)
    models = ModelsEndpoint(featurizer.models)
    self.bodyLimit = bodyLimit
    self.document = document
    self.crossOrigin = crossOrigin
  }

  /// Says on `/readyz` that no more work is wanted.
  package func drain() {
    isDraining.store(true, ordering: .releasing)
  }

  package func admit(_ head: RequestHead) -> Admission {
    do throws(Problem) {
      guard !head.asksForTheServer else { return .accept(bodyLimit: Service.needlessBody) }
      let route = try Destination(of: head).route
      guard head.method == .post || head.method == .put else {
        return .accept(bodyLimit: Service.needlessBody)
      }
      if case .fixed(let length) = head.framing, length > bodyLimit {
        throw Problem(.bodyTooLarge(limit: bodyLimit))
      }
      if route == .features { try features.admit(head) }
      if route == .fields { try fields.admit(head) }
      return .accept(bodyLimit: bodyLimit)
    } catch {
      return .refuse(finished(error.response, answering: head))
    }
  }

  package func respond(to request: Request) async -> Response {
    let response: Response
    do {
      response = try await answer(request)
    } catch {
      response = Problem(any: error).response
    }
    return finished(response, answering: request.head)
  }

  package func refusal(of violation: ProtocolViolation) -> Response {
    finished(Problem(violation).response, answering: nil)
  }

  private func answer(_ request: Request) async throws -> Response {
    let head = request.head
    if head.asksForTheServer {
      return Response(status: .noContent, fields: [.allow: Route.allowAnywhere])
    }
    let destination = try Destination(of: head)
    if head.method == .options {
      return Response(status: .noContent, fields: [.allow: destination.route.allow])
    }
    if let name = destination.name { return try await answer(request, destination.route, name) }
    switch destination.route {
    case .features: return try await features.respond(to: request)
    case .fields: return try await fields.create(request)
    case .images: return try await images.keep(request)
    case .models:
      return try Representation(models.document, type: "application/json").response(to: head)
    case .live: return .text("ok\n")
    case .ready: return try readiness()
    case .openAPI:
      return try Representation(document, type: "application/yaml").response(to: head)
    default: preconditionFailure("\(destination.route) without a name")
    }
  }

  /// Answers about a field or an image that the path names.
  private func answer(
    _ request: Request, _ route: Route, _ name: Digest
  ) async throws -> Response {
    let head = request.head
    switch (route, head.method) {
    case (.image, .put): return try await images.keep(request, as: name)
    case (.image, .delete): return try await images.delete(name)
    case (.image, _): return try await images.get(name, head)
    case (.field, _): return try await fields.describe(name, head)
    case (.fieldSample, _):
      return try await fields.ask(name, route.outputs, head, posted: .points(request.body))
    case (.fieldProject, _):
      return try await fields.ask(name, route.outputs, head, posted: .map(request.body))
    default: return try await fields.ask(name, route.outputs, head)
    }
  }

  /// What every answer has, whatever it is about.
  ///
  /// One that does not say how it may be kept is not to be kept.
  private func finished(_ response: Response, answering head: RequestHead?) -> Response {
    var response = response
    if !response.fields.contains(.cacheControl) { response.fields[.cacheControl] = "no-store" }
    crossOrigin.admit(
      to: &response, answering: head, sending: HTTPField.Name.understood,
      reading: HTTPField.Name.told)
    return response
  }

  private func readiness() throws(Problem) -> Response {
    if isDraining.load(ordering: .acquiring) { throw Problem(.closing) }
    guard models.isDefaultLoaded else {
      var problem = Problem(503, "not-ready", "The default model is not loaded yet")
      problem.retryAfter = 1
      throw problem
    }
    return .text("ready\n")
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

extension Problem {
  /// Whatever a request may end with.
  package init(any error: any Error) {
    switch error {
    case let error as Problem: self = error
    case let error as FeaturizationError: self.init(error)
    case let error as JobError: self.init(error)
    case let error as SelectionError: self.init(error)
    case let error as ParameterError: self.init(error)
    case is CancellationError:
      self.init(503, "cancelled", "The request was cancelled")
    default:
      self.init(500, "internal", "Something went wrong here; the server's log may say what")
    }
  }
}
