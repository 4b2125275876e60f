import Files
import Featurization
import Foundation
import HTTP1
import HTTPTypes
import Scheduling
import Segmentation

/// `/fields` and the paths below: a field is computed once and queried many times.
struct FieldsEndpoint: Sendable {
  private let services: Services
  private let limits: UploadLimits

  init(_ services: Services, _ limits: UploadLimits) {
    self.services = services
    self.limits = limits
  }

  /// `POST /fields`: computes and stores a field.
  func create(_ context: RequestContext) throws(Problem) -> Answering {
    let query = try limits.options(of: context.head)
    let isFor = query.contains { $0.name == Parameter.for.rawValue }
    let known = isFor || Upload.isForm(context.head) ? nil : try fieldRequest(query)
    if let refusal = services.refusal { throw Problem(refusal) }
    return .work { body in
      let upload = try await Upload.read(
        body, query, context.head, limits, on: services.fields.queue)
      let request =
        if let known { known } else { try fieldRequest(try await resolved(upload.options)) }
      let source = try await services.fields.source(upload.image, request)
      let (field, stages) = try await services.fields.keep(source, for: context.owner)
      context.note(stages)
      var fields: HTTPFields = [
        .contentType: "application/json", .location: "/fields/\(field.id)",
        .field: field.id.description, .model: field.request.model,
        .precision: field.request.precision,
      ]
      fields.describe(field.source)
      return Response(
        status: stages.isEmpty ? .ok : .created, fields: fields,
        body: .bytes(json(field)))
    }
  }

  /// `GET /fields/{id}`: describes a field.
  func describe(_ context: RequestContext) throws(Problem) -> Answering {
    if let option = try limits.options(of: context.head).first {
      throw Problem(ParameterError.unknown(name: option.name))
    }
    let id = try context.named
    return .work { _ in
      let record = try await services.fields.record(of: id)
      let field = try await services.fields.describe(record, for: context.owner)
      return try Representation(json(field), type: "application/json").response(to: context.head)
    }
  }

  /// Answers a query to a field, with the posted body where the output takes one.
  func ask(
    _ outputs: [OutputKind], _ context: RequestContext, takesPayload: Bool = false
  ) throws(Problem) -> Answering {
    let options = try limits.options(of: context.head)
    let id = try context.named
    return .work { body in
      let record = try await services.fields.record(of: id)
      guard let card = services.models.card(named: record.request.model) else {
        throw FeaturizationError.fieldGone(id)
      }
      let negotiation = try Negotiation(options, context.head) {
        options throws(ParameterError) in
        try services.fields.request(options, among: outputs, of: record, card: card)
      }
      return try await respond(
        record, negotiation, takesPayload ? QueryPayload(body) : nil, context)
    }
  }

  private func respond(
    _ record: FieldRecord, _ negotiation: Negotiation, _ payload: QueryPayload?,
    _ context: RequestContext
  ) async throws -> Response {
    let request = negotiation.request
    if payload == nil {
      let tag = EntityTag(of: record.name(ofAnswerTo: request))
      if let known = try Representation.known(tag, negotiation, to: context.head) { return known }
    }
    let answer = try await services.queries.answer(
      record, request, payload, for: context.owner)
    context.note(answer.timings)
    var representation = Representation(answer, to: negotiation)
    if payload != nil { representation.fields[.cacheControl] = "no-store" }
    return try await answer.response(representation, to: context.head)
  }

  /// The options with those of the classifier that the field is made for in its place.
  private func resolved(_ options: [Upload.Option]) async throws -> [Upload.Option] {
    guard let place = options.firstIndex(where: { $0.name == Parameter.for.rawValue }) else {
      return options
    }
    guard let id = Digest(hex: options[place].value) else {
      throw Problem(ParameterError.invalid(.for, value: options[place].value))
    }
    let classifier = try await services.classifiers.classifier(id, on: services.queries.queue)
    var others = options
    others.remove(at: place)
    return try classifier.fieldOptions(with: others)
  }

  /// The field request of some options; options of queries are refused.
  private func fieldRequest(_ options: [Upload.Option]) throws(Problem) -> FieldRequest {
    do throws(ParameterError) {
      for option in options {
        guard let parameter = Parameter(rawValue: option.name) else { continue }
        guard Parameter.ofFields.contains(parameter) else {
          throw ParameterError.notApplicableHere(parameter)
        }
      }
      let request = try services.fields.request(options)
      guard request.pages == nil else { throw ParameterError.severalPages }
      return request.field
    } catch {
      throw Problem(error)
    }
  }
}

/// Encodes a value as indented JSON with sorted keys.
func json(_ value: some Encodable) -> [UInt8] {
  let encoder = JSONEncoder()
  encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
  let data = (try? encoder.encode(value)) ?? Data()
  return Array(data) + [UInt8(ascii: "\n")]
}
