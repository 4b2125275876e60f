import Encoders
import Featurization
import HTTP1
import HTTPTypes
import Scheduling

/// `/v2`: the Open Inference Protocol, as clients of KServe and Triton speak it.
///
/// Source: Open Inference Protocol 2, REST; Triton's extensions "Binary tensor data" and "Model
/// repository".
struct InferenceEndpoint: Sendable {
  let services: Services
  let limits: UploadLimits
  /// The server's version.
  let version: String

  /// Whether a path is one of the protocol's, in whose form errors are told then.
  static func owns(_ path: String) -> Bool { path == "/v2" || path.hasPrefix("/v2/") }

  // MARK: The server

  func server() -> Answering {
    .now(
      .json(
        Server(
          name: "eyepiece", version: version,
          extensions: ["binary_tensor_data", "model_repository", "parameters"])))
  }

  func isLive() -> Answering { .now(.json(["live": true])) }

  /// As `/readyz`, in the protocol's form.
  func isReady(_ readiness: @escaping @Sendable () -> Readiness) -> Answering {
    .work { _ in
      _ = try readiness().response()
      return .json(["ready": true])
    }
  }

  private struct Server: Encodable {
    let name: String
    let version: String
    let extensions: [String]
  }

  // MARK: Models

  /// `GET /v2/models`, which KServe adds.
  func list() -> Answering {
    .now(.json(["models": services.models.cards.map(\.name)]))
  }

  func describe(_ context: RequestContext) throws(Problem) -> Answering {
    .now(.json(InferenceModel(try card(context))))
  }

  /// Whether a model's weights are here; they are read when they are first needed.
  func isModelReady(_ context: RequestContext) throws(Problem) -> Answering {
    let card = try card(context)
    return .work { _ in
      guard services.models.isAvailable(card) else { throw Problem(absent: card.name) }
      return .json(Ready(name: card.name, ready: true))
    }
  }

  private struct Ready: Encodable {
    let name: String
    let ready: Bool
  }

  /// `POST /v2/repository/index`.
  func index() -> Answering {
    .work { _ in
      .json(
        services.models.cards.map { card in
          let isHere = services.models.isAvailable(card)
          return Indexed(
            name: card.name, version: InferenceModel.version,
            state: isHere ? "READY" : "UNAVAILABLE",
            reason: isHere ? "" : "its weights are not here")
        })
    }
  }

  private struct Indexed: Encodable {
    let name: String
    let version: String
    let state: String
    let reason: String
  }

  /// Models are neither loaded nor unloaded by clients.
  func refuseLoading(_ context: RequestContext) throws(Problem) -> Answering {
    _ = try card(context)
    throw Problem(
      400, "models-are-files", "Models are files here",
      "Models are files beside the server (eyepiece models import), read when they are first needed"
    )
  }

  private func card(_ context: RequestContext) throws(Problem) -> ModelCard {
    guard case .model(let name)? = context.pathName else { throw Problem.notFound }
    guard let card = services.models.card(named: name) else {
      throw Problem(
        404, "no-such-model", "No such model",
        "There is no model \(Problem.quoted(name)); GET /v2/models lists what there is")
    }
    return card
  }

  // MARK: Inference

  /// `POST /v2/models/{model}/infer`: always answered, never a job.
  func infer(_ context: RequestContext) throws(Problem) -> Answering {
    let card = try card(context)
    let query = try limits.options(of: context.head)
    let coding = context.head.fields[.contentEncoding]?.lowercased() ?? "identity"
    guard coding == "identity" else {
      throw Problem(
        415, "content-coding", "A coding that is not read",
        "Content-Encoding is left out here: send the body as it is, without request compression")
    }
    let header = try context.head.fields[.inferenceHeaderLength].map { text throws(Problem) in
      guard let count = Int(digits: text) else {
        throw Problem(
          malformedInference: "Inference-Header-Content-Length is the number of bytes of its JSON")
      }
      return count
    }
    if let refusal = services.refusal { throw Problem(refusal) }
    return .work { body in
      let jsonBytes = services.fields.limits.jsonBytes
      let request = try await services.queries.queue.run {
        try InferenceRequest(body, header: header, jsonBytes: jsonBytes)
      }
      return try await InferenceEndpoint.within(microseconds: request.timeout) {
        try await answer(request, query, card.name, context)
      }
    }
  }

  private func answer(
    _ request: InferenceRequest, _ query: [Upload.Option], _ model: String,
    _ context: RequestContext
  ) async throws -> Response {
    let questions = InferenceQuestions(services: services, model: model, owner: context.owner)
    let asked = try await questions.ask(request, query) { context.note($0) }
    var answer = InferenceAnswer(model: model, id: request.id, parameters: asked.facts)
    var room = services.fields.limits.jsonBytes
    for (output, isBinary) in asked.outputs {
      if isBinary {
        answer.append(output)
      } else {
        room -= try await answer.append(inJSON: output, room: room)
      }
    }
    return answer.response
  }

  /// What work gives, unless it takes longer than a client waits; 0 for any time.
  private static func within(
    microseconds: Int, _ work: @escaping @Sendable () async throws -> Response
  ) async throws -> Response {
    guard microseconds > 0 else { return try await work() }
    return try await withThrowingTaskGroup(of: Response.self) { group in
      group.addTask { try await work() }
      group.addTask {
        try await Task.sleep(for: .microseconds(microseconds))
        var problem = Problem(
          503, "timeout", "The request took longer than its timeout",
          "The request took longer than its timeout of \(microseconds) µs; submit a job and infer by "
            + "the name of its field")
        problem.retryAfter = 10
        throw problem
      }
      defer { group.cancelAll() }
      guard let first = try await group.next() else { throw CancellationError() }
      return first
    }
  }
}

extension Problem {
  /// A 503 for a model without weights.
  fileprivate init(absent model: String) {
    self.init(
      503, "model-not-ready", "The model is not ready", "The weights of \(model) are not here")
  }
}

extension Response {
  /// A small document of the protocol.
  fileprivate static func json(_ value: some Encodable) -> Response {
    Response(
      status: .ok, fields: [.contentType: "application/json"], body: .bytes(jsonLine(value)))
  }
}
