import Digests
import Featurization
import Foundation
import HTTP1
import HTTPTypes
import Scheduling

/// `/fields` and what is below: a field is made once and asked many times.
struct FieldsEndpoint: Sendable {
  private let featurizer: Featurizer
  private let limits: UploadLimits

  init(_ featurizer: Featurizer, _ limits: UploadLimits) {
    self.featurizer = featurizer
    self.limits = limits
  }

  /// Refuses from the head alone what will be refused anyway.
  func admit(_ head: RequestHead) throws(Problem) {
    let options = try limits.options(of: head)
    if !Upload.isForm(head) { _ = try fieldRequest(options) }
    if let refusal = featurizer.queue.refusal { throw Problem(refusal) }
  }

  /// `POST /fields`: computes and keeps a field.
  func create(_ request: Request, _ context: RequestContext) async throws -> Response {
    let upload = try Upload(request, limits)
    let wanted = try fieldRequest(upload.options)
    let (field, stages) = try await featurizer.keep(upload.image, wanted, for: context.owner)
    context.note(stages)
    return Response(
      status: stages.isEmpty ? .ok : .created,
      fields: [
        .contentType: "application/json", .location: "/fields/\(field.id)",
        .field: field.id.description, .model: field.request.model,
        .precision: field.request.precision,
      ],
      body: .bytes(json(field)))
  }

  /// `GET /fields/{id}`.
  func describe(
    _ id: Digest, _ head: RequestHead, _ context: RequestContext
  ) async throws -> Response {
    try refuseOptions(head)
    let field = try await featurizer.describe(
      featurizer.record(of: id), for: context.owner)
    return try Representation(json(field), type: "application/json").response(to: head)
  }

  /// Answers a question to a field; what was posted with it is `posted`.
  func ask(
    _ id: Digest, _ outputs: [FeatureRequest.Output], _ head: RequestHead,
    _ context: RequestContext,
    posted: QueryPayload? = nil
  ) async throws -> Response {
    var options = try limits.options(of: head)
    if outputs == [.similarity] { options = try withPoints(options) }
    if case .points = posted { options = try withPlaceForPoints(options) }
    let record = try await featurizer.record(of: id)
    guard let card = featurizer.models.card(named: record.request.model) else {
      throw FeaturizationError.fieldGone(id)
    }
    let negotiation = try Negotiation(options, head) { options throws(ParameterError) in
      try FeatureRequest(options, among: outputs, of: record.request, card: card)
    }
    let request = negotiation.request
    if posted == nil {
      let tag = EntityTag(of: record.name(ofAnswerTo: request))
      if let known = try Representation.known(tag, negotiation, to: head) { return known }
    }
    let answer = try await featurizer.answer(
      record, request, posted: posted, for: context.owner)
    context.note(answer.timings)
    var representation = Representation(answer, to: negotiation)
    if posted != nil { representation.fields[.cacheControl] = "no-store" }
    return try representation.response(to: head)
  }

  /// The field that options make; those that are asked of fields later have no place here.
  private func fieldRequest(_ options: [Upload.Option]) throws(Problem) -> FieldRequest {
    let models = featurizer.models
    do throws(ParameterError) {
      for option in options {
        guard let parameter = Parameter(rawValue: option.name) else { continue }
        guard Parameter.ofFields.contains(parameter) else {
          throw ParameterError.notApplicableHere(parameter)
        }
      }
      return try FeatureRequest(
        options, cards: models.cards, defaultModel: models.defaultName,
        precision: featurizer.precision, storageType: featurizer.storageType
      ).field
    } catch {
      throw Problem(error)
    }
  }

  /// `x` and `y` are short for one of `points`, of which there must be some.
  private func withPoints(_ options: [Upload.Option]) throws(Problem) -> [Upload.Option] {
    let ends = ["x", "y"].map { name in options.filter { $0.name == name } }
    let others = options.filter { $0.name != "x" && $0.name != "y" }
    if ends[0].isEmpty, ends[1].isEmpty, options.contains(where: { $0.name == "points" }) {
      return options
    }
    guard ends[0].count == 1, ends[1].count == 1 else {
      throw Problem(
        400, "no-point", "There is no point to compare with",
        "A similarity is to x and y, each given once, or to points")
    }
    return others + [("points", "\(ends[0][0].value),\(ends[1][0].value)")]
  }

  /// Points that are posted stand for those of a query, and exclude what those exclude.
  private func withPlaceForPoints(_ options: [Upload.Option]) throws(Problem) -> [Upload.Option] {
    for place in [Parameter.points, .region]
    where options.contains(where: { $0.name == place.rawValue }) {
      throw Problem(ParameterError.fixed(place))
    }
    return options + [(Parameter.points.rawValue, "0,0")]
  }

  private func refuseOptions(_ head: RequestHead) throws(Problem) {
    guard let option = try limits.options(of: head).first else { return }
    throw Problem(ParameterError.unknown(name: option.name))
  }
}

/// JSON for people and programs, its keys in order.
func json(_ value: some Encodable) -> [UInt8] {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
  let data = (try? encoder.encode(value)) ?? Data()
  return Array(data) + [UInt8(ascii: "\n")]
}
