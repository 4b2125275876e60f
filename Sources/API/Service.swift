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
  private let models: ModelsEndpoint
  private let bodyLimit: Int
  private let document: [UInt8]
  private let isDraining = Atomic<Bool>(false)

  /// `document` is the API's description, `bodyLimit` the bytes of an image or a form.
  package init(featurizer: Featurizer, bodyLimit: Int, document: [UInt8]) {
    features = FeaturesEndpoint(featurizer)
    models = ModelsEndpoint(featurizer.models)
    self.bodyLimit = bodyLimit
    self.document = document
  }

  /// Says on `/readyz` that no more work is wanted.
  package func drain() {
    isDraining.store(true, ordering: .releasing)
  }

  package func admit(_ head: RequestHead) -> Admission {
    do throws(Problem) {
      guard !head.asksForTheServer, try Route.of(head) == .features, head.method == .post else {
        return .accept(bodyLimit: Service.needlessBody)
      }
      if case .fixed(let length) = head.framing, length > bodyLimit {
        throw Problem(.bodyTooLarge(limit: bodyLimit))
      }
      try features.admit(head)
      return .accept(bodyLimit: bodyLimit)
    } catch {
      return .refuse(error.response)
    }
  }

  package func respond(to request: Request) async -> Response {
    do {
      if request.head.asksForTheServer {
        return Response(status: .noContent, fields: [.allow: Route.allowAnywhere])
      }
      let route = try Route.of(request.head)
      if request.head.method == .options {
        return Response(status: .noContent, fields: [.allow: route.allow])
      }
      switch route {
      case .features: return try await features.respond(to: request)
      case .models: return models.response
      case .live: return .text("ok\n")
      case .ready: return try readiness()
      case .openAPI:
        return Response(
          status: .ok, fields: [.contentType: "application/yaml"], body: .bytes(document))
      }
    } catch let problem as Problem {
      return problem.response
    } catch {
      return Problem(any: error).response
    }
  }

  package func refusal(of violation: ProtocolViolation) -> Response {
    Problem(violation).response
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
      fields: [.contentType: "text/plain; charset=utf-8", .cacheControl: "no-store"],
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
    case let error as ParameterError: self.init(error)
    case is CancellationError:
      self.init(503, "cancelled", "The request was cancelled")
    default:
      self.init(500, "internal", "Something went wrong here; the server's log may say what")
    }
  }
}
