import Featurization
import HTTP1
import HTTPTypes
import Scheduling

/// `POST /features`: an image in, its features out.
struct FeaturesEndpoint: Sendable {
  private let featurizer: Featurizer
  private let limits: UploadLimits

  init(_ featurizer: Featurizer, _ limits: UploadLimits) {
    self.featurizer = featurizer
    self.limits = limits
  }

  /// Refuses from the head alone what will be refused anyway.
  func admit(_ head: RequestHead) throws(Problem) {
    let options = try limits.options(of: head)
    if !Upload.isForm(head) { _ = try negotiate(options, head) }
    if let refusal = featurizer.queue.refusal { throw Problem(refusal) }
  }

  func respond(to request: Request, _ context: RequestContext) async throws -> Response {
    let upload = try Upload(request, limits)
    let negotiation = try negotiate(upload.options, request.head)
    try await checkConditions(of: request.head, on: upload.image, negotiation.request)
    let answer = try await featurizer.answer(
      upload.image, negotiation.request, for: context.owner)
    context.note(answer.timings)
    var representation = Representation(answer, to: negotiation)
    representation.fields[.cacheControl] = "no-store"
    return try representation.response(to: request.head)
  }

  /// Ends a request whose conditions fail before anything is computed for it.
  ///
  /// What is found out without much work, such as a damaged header, is told first.
  /// Source: RFC 9110 §13.2.1.
  private func checkConditions(
    of head: RequestHead, on image: ImageSource, _ request: FeatureRequest
  ) async throws {
    let conditions = Conditions(head)
    guard !conditions.isEmpty else { return }
    let record = try await featurizer.record(of: image, request.field)
    guard conditions.verdict(on: EntityTag(of: record.name(of: request))) == .perform else {
      throw SelectionError.preconditionFailed
    }
  }

  private func negotiate(
    _ options: [Upload.Option], _ head: RequestHead
  ) throws(Problem) -> Negotiation {
    let models = featurizer.models
    return try Negotiation(options, head) { options throws(ParameterError) in
      try FeatureRequest(
        options, cards: models.cards, defaultModel: models.defaultName,
        precision: featurizer.precision, storageType: featurizer.storageType)
    }
  }
}
