import HTTP1
import HTTPTypes
import Scheduling

/// Whether the server accepts requests, with the state of each dependency.
struct Readiness: Sendable, Hashable, Encodable {
  /// The default model is loaded.
  let model: Bool
  /// The store is writable, or none is configured.
  let store: Bool
  /// The server is not shutting down.
  let staying: Bool

  /// `GET /readyz`: the checks as JSON, or as a problem that includes them.
  func response() throws(Problem) -> Response {
    guard var problem else {
      return Response(
        status: .ok, fields: [.contentType: "application/json"],
        body: .bytes(json(["checks": self])))
    }
    problem.checks = self
    throw problem
  }

  private var problem: Problem? {
    if !staying { return Problem(.closing) }
    if !model {
      var problem = Problem(503, "not-ready", "The default model is not loaded yet")
      problem.retryAfter = 1
      return problem
    }
    if !store {
      var problem = Problem(503, "store-closed", "The store cannot be written to")
      problem.retryAfter = 60
      return problem
    }
    return nil
  }
}
