import HTTP1
import HTTPTypes
import Scheduling

/// Whether requests are welcome, and what each thing says that it depends on.
struct Readiness: Sendable, Hashable, Encodable {
  /// The default model is in memory.
  let model: Bool
  /// The store, where there is one, may be written to.
  let store: Bool
  /// The server has not been asked to end.
  let staying: Bool

  /// `GET /readyz`: the checks as JSON, or a problem that has them too.
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
