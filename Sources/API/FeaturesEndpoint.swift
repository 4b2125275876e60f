import Backlog
import Featurization
import HTTP1
import HTTPTypes
import Jobs
import Scheduling

/// `POST /features`: computes the features of an image.
struct FeaturesEndpoint: Sendable {
  private let services: Services
  private let limits: UploadLimits

  init(_ services: Services, _ limits: UploadLimits) {
    self.services = services
    self.limits = limits
  }

  /// Refuses early what the head alone shows to be invalid; options in a form are read later.
  func open(
    _ context: RequestContext, _ jobs: JobsEndpoint?
  ) throws(Problem) -> Answering {
    let query = try limits.options(of: context.head)
    let known = Upload.isForm(context.head) ? nil : try negotiate(query, context.head)
    if let refusal = services.refusal { throw Problem(refusal) }
    return .work { body in
      let upload = try await Upload.read(
        body, query, context.head, limits, on: services.fields.queue)
      let negotiation = try known ?? negotiate(upload.options, context.head)
      if let jobs, JobsEndpoint.isWanted(by: context) {
        return try await take(upload, negotiation, context, jobs)
      }
      return try await respond(upload.image, negotiation, context)
    }
  }

  /// Takes a request as a job, and answers at once where what it needs is at hand, or soon is.
  private func take(
    _ upload: Upload, _ negotiation: Negotiation, _ context: RequestContext, _ jobs: JobsEndpoint
  ) async throws -> Response {
    let request = negotiation.request
    // Clusters take long where the field is there as well.
    if request.pages == nil, !OutputKind.ofClusters.contains(request.kind) {
      let source = try await services.fields.source(upload.image, request.field)
      if services.fields.encodedBytes(of: source.record) != nil {
        return try await respond(upload.image, negotiation, context)
      }
    }
    let options = upload.options.filter {
      ![Parameter.format, .model].map(\.rawValue).contains($0.name)
    }
    let taken = try await jobs.take(
      .features, upload,
      options + [
        (Parameter.format.rawValue, request.format.rawValue),
        (Parameter.model.rawValue, request.field.model),
      ], context)
    let report = try await jobs.hoped(taken.report, context)
    guard report.job.state == .done else {
      return jobs.accepted(report, isReplayed: taken.isReplayed)
    }
    let answer = try await services.queries.answer(
      taken.wanted.record, request, for: context.owner)
    context.note(answer.timings)
    var representation = Representation(answer, to: negotiation)
    representation.fields[.cacheControl] = "no-store"
    return try await answer.response(representation, to: context.head)
  }

  private func respond(
    _ image: ImageSource, _ negotiation: Negotiation, _ context: RequestContext
  ) async throws -> Response {
    let request = negotiation.request
    let source = try await services.fields.source(image, request.field)
    // Errors that are cheap to detect, such as a damaged header, take precedence over conditions.
    // Source: RFC 9110 §13.2.1.
    let conditions = Conditions(context.head)
    if !conditions.isEmpty {
      let tag = EntityTag(of: source.record.name(of: request))
      guard conditions.verdict(on: tag) == .perform else {
        throw SelectionError.preconditionFailed
      }
    }
    let answer = try await services.queries.answer(source, request, for: context.owner)
    context.note(answer.timings)
    var representation = Representation(answer, to: negotiation)
    representation.fields[.cacheControl] = "no-store"
    return try await answer.response(representation, to: context.head)
  }

  private func negotiate(
    _ options: [Upload.Option], _ head: RequestHead
  ) throws(Problem) -> Negotiation {
    try Negotiation(options, head) { options throws(ParameterError) in
      try services.fields.request(options)
    }
  }
}
