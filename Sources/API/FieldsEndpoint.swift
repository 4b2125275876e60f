import Backlog
import Files
import Featurization
import Foundation
import HTTP1
import HTTPTypes
import Jobs
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

  /// The longest time that a client may ask to wait for a field, in seconds.
  static let longestWait = 30

  /// `POST /fields`: computes and stores a field, or begins to for a client that would rather not
  /// wait.
  func create(
    _ context: RequestContext, _ jobs: JobsEndpoint?
  ) throws(Problem) -> Answering {
    let query = try limits.options(of: context.head)
    let isFor = query.contains { $0.name == Parameter.for.rawValue }
    let known = isFor || Upload.isForm(context.head) ? nil : try fieldRequest(query)
    if let refusal = services.refusal { throw Problem(refusal) }
    return .work { body in
      let upload = try await Upload.read(
        body, query, context.head, limits, on: services.fields.queue)
      let request =
        if let known {
          known
        } else {
          try fieldRequest(try await services.resolved(upload.options))
        }
      let source = try await services.fields.source(upload.image, request)
      if JobsEndpoint.isWanted(by: context),
        let response = try await begin(source, upload, request, context, jobs)
      {
        return response
      }
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

  /// Begins to make a field for a client who does not wait, as a job where jobs are kept.
  ///
  /// `nil` where there is nothing to wait for.
  private func begin(
    _ source: FieldSource, _ upload: Upload, _ request: FieldRequest, _ context: RequestContext,
    _ jobs: JobsEndpoint?
  ) async throws -> Response? {
    guard let jobs else {
      let field = try await services.fields.begin(
        source, for: context.owner, charge: { context.takeCharge() })
      return field.map { field in
        Response(
          status: .accepted,
          fields: [
            .contentType: "application/json", .location: "/fields/\(field.id)",
            .field: field.id.description, .preferenceApplied: Preferences.respondAsync,
          ],
          body: .bytes(json(FieldProgressListing(field))))
      }
    }
    guard services.fields.encodedBytes(of: source.record) == nil else { return nil }
    let options = upload.options.filter { $0.name != Parameter.model.rawValue }
    let isFor = Services.namesClassifier(options)
    let taken = try await jobs.take(
      .field, upload, options + (isFor ? [] : [(Parameter.model.rawValue, request.model)]), context)
    let (id, scope) = (taken.report.job.id, context.jobScope)
    let field = services.fields.follow(
      taken.wanted.record, taken.wanted.plan, for: context.client.name
    ) { try await jobs.end(of: id, for: scope) }
    let report = try await jobs.hoped(taken.report, context)
    guard report.job.state != .done else { return nil }
    return jobs.accepted(
      report, isReplayed: taken.isReplayed, json(FieldProgressListing(field, job: "\(id)")))
  }

  /// `GET /fields/{id}`: describes a field, or tells how far it is.
  func describe(_ context: RequestContext) throws(Problem) -> Answering {
    var options = try limits.options(of: context.head)
    let wait = try FieldsEndpoint.take("wait", from: &options)
    if let option = options.first {
      throw Problem(ParameterError.unknown(name: option.name))
    }
    let seconds = wait.map { Int(digits: $0) } ?? 0
    guard let seconds, seconds <= FieldsEndpoint.longestWait else {
      throw Problem(
        400, "invalid-parameter", "Invalid parameter",
        "wait is a whole number of seconds from 0 to \(FieldsEndpoint.longestWait)")
    }
    let id = try context.named
    return .work { _ in
      if seconds > 0 { await services.fields.settled(id, within: .seconds(seconds)) }
      if let field = services.fields.progress(of: id) {
        return try Representation(json(FieldProgressListing(field)), type: "application/json")
          .response(to: context.head)
      }
      let record = try await services.fields.record(of: id)
      let field = try await services.fields.describe(record, for: context.owner)
      return try Representation(json(field), type: "application/json").response(to: context.head)
    }
  }

  /// `DELETE /fields/{id}`: gives up a field that is being made, or forgets why it could not be.
  func giveUp(_ context: RequestContext) throws(Problem) -> Answering {
    let id = try context.named
    return .work { _ in
      try await services.fields.giveUp(id, for: context.client.name)
      return Response(status: .noContent)
    }
  }

  /// Answers a query to a field, with the posted body where the output takes one.
  ///
  /// Where `takesPartial`, a client may ask with `views=partial` what the views tell that are there.
  func ask(
    _ outputs: [OutputKind], _ context: RequestContext, takesPayload: Bool = false,
    takesPartial: Bool = false
  ) throws(Problem) -> Answering {
    var options = try limits.options(of: context.head)
    let views = takesPartial ? try FieldsEndpoint.take("views", from: &options) : nil
    guard ["all", "partial", nil].contains(views) else {
      throw Problem(
        400, "invalid-parameter", "Invalid parameter", "views is all or partial")
    }
    let id = try context.named
    return .work { [options] body in
      let record = try await services.fields.record(of: id)
      guard let card = services.models.card(named: record.request.model) else {
        throw FeaturizationError.fieldGone(id)
      }
      let negotiation = try Negotiation(options, context.head) {
        options throws(ParameterError) in
        try services.fields.request(options, among: outputs, of: record, card: card)
      }
      return try await respond(
        record, negotiation, try await payload(body, takesPayload, outputs, id), context,
        takesPartial: views == "partial")
    }
  }

  /// The posted body; without one, a segmentation takes the labels kept at the field, and
  /// suggestions take them where there are some.
  private func payload(
    _ body: [UInt8], _ isPosted: Bool, _ outputs: [OutputKind], _ id: Digest
  ) async throws -> QueryPayload? {
    let trains = isPosted && body.isEmpty && outputs == OutputKind.ofClassifiers
    guard trains || outputs == [.suggestions] else { return isPosted ? QueryPayload(body) : nil }
    let kept = try await services.queries.labelsIfKept(of: id)
    guard kept != nil || !trains else { throw FeaturizationError.noLabels }
    return kept.map(QueryPayload.init)
  }

  private func respond(
    _ record: FieldRecord, _ negotiation: Negotiation, _ payload: QueryPayload?,
    _ context: RequestContext, takesPartial: Bool
  ) async throws -> Response {
    let request = negotiation.request
    if payload == nil {
      let tag = EntityTag(of: record.name(ofAnswerTo: request))
      if let known = try Representation.known(tag, negotiation, to: context.head) { return known }
    }
    let answer = try await services.queries.answer(
      record, request, payload, for: context.owner, takesPartial: takesPartial)
    context.note(answer.timings)
    var representation = Representation(answer, to: negotiation)
    if payload != nil { representation.fields[.cacheControl] = "no-store" }
    if let kept = payload?.labels { representation.fields[.labels] = kept.digest.imageName }
    if takesPartial, let views = answer.views {
      representation.fields[.views] = "\(views.done)/\(views.all)"
      if views.done < views.all { return try await partial(representation, answer, context) }
    }
    return try await answer.response(representation, to: context.head)
  }

  /// An answer that rests on a part of the views: the same request has another one soon, so it has no
  /// tag, is not cached, and is sent whole.
  private func partial(
    _ representation: Representation, _ answer: Answer, _ context: RequestContext
  ) async throws -> Response {
    var (representation, head) = (representation, context.head)
    representation.tag = nil
    representation.fields[.cacheControl] = "no-store"
    for name in [HTTPField.Name.range, .ifMatch, .ifNoneMatch, .ifRange] { head.fields[name] = nil }
    var response = try await answer.response(representation, to: head)
    response.fields[.acceptRanges] = nil
    return response
  }

  /// Removes an option that is this resource's own, and no option of fields or outputs.
  static func take(
    _ name: String, from options: inout [Upload.Option]
  ) throws(Problem) -> String? {
    let values = options.filter { $0.name == name }.map(\.value)
    guard values.count < 2 else {
      throw Problem(
        400, "repeated-parameter", "Repeated parameter", "The parameter \(name) is given twice")
    }
    options.removeAll { $0.name == name }
    return values.first
  }

  private func fieldRequest(_ options: [Upload.Option]) throws(Problem) -> FieldRequest {
    do throws(ParameterError) {
      return try services.fields.fieldRequest(options)
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
