import Featurization
import Files
import HTTP1
import HTTPTypes
import Scheduling

/// `/search`: which images of the store are like a field's, or like one that is sent.
struct SearchEndpoint: Sendable {
  private let services: Services
  private let limits: UploadLimits

  init(_ services: Services, _ limits: UploadLimits) {
    (self.services, self.limits) = (services, limits)
  }

  /// `GET /search?field=…`: the image of the field itself is not among the results.
  func likeField(_ context: RequestContext) throws(Problem) -> Answering {
    var options = try limits.options(of: context.head)
    let asked = try SearchEndpoint.request(from: &options)
    guard let field = try FieldsEndpoint.take("field", from: &options) else {
      throw Problem(
        400, "needed-parameter", "A parameter is needed",
        "field is needed here; it is a field's id, 64 hexadecimal digits")
    }
    guard let id = Digest(hex: field) else {
      throw SearchEndpoint.invalid("field is a field's id, 64 hexadecimal digits")
    }
    if let option = options.first { throw Problem(ParameterError.unknown(name: option.name)) }
    return .work { _ in
      let found = try await services.queries.search(
        asked, likeField: id, for: context.owner)
      return try Representation(json(found), type: "application/json").response(to: context.head)
    }
  }

  /// `POST /search`: an image in the body, or the name of a kept one; nothing of it is kept.
  func likeImage(_ context: RequestContext) throws(Problem) -> Answering {
    let query = try limits.options(of: context.head)
    if let refusal = services.refusal { throw Problem(refusal) }
    return .work { body in
      let upload = try await Upload.read(
        body, query, context.head, limits, on: services.fields.queue)
      var options = upload.options
      let asked = try SearchEndpoint.request(from: &options)
      let request: FieldRequest
      do throws(ParameterError) {
        for option in options {
          guard let parameter = Parameter(rawValue: option.name) else { continue }
          guard Parameter.ofFields.contains(parameter), parameter != .for else {
            throw ParameterError.notApplicableHere(parameter)
          }
        }
        let asked = try services.fields.request(options)
        guard asked.pages == nil else { throw ParameterError.severalPages }
        request = asked.field
      } catch {
        throw Problem(error)
      }
      let source = try await services.fields.source(upload.image, request)
      let found = try await services.queries.search(
        asked, likeImage: source, for: context.owner)
      return Response(
        status: .ok,
        fields: [.contentType: "application/json", .cacheControl: "no-store"],
        body: .bytes(json(found)))
    }
  }

  /// What both take of the options.
  private static func request(
    from options: inout [Upload.Option]
  ) throws(Problem) -> SearchRequest {
    let top = try FieldsEndpoint.take("top", from: &options)
    let name = try FieldsEndpoint.take("descriptor", from: &options)
    let most = top.map { Int(digits: $0) ?? 0 } ?? SearchRequest.usualResults
    let bounds = SearchRequest.results
    guard bounds.contains(most) else {
      throw invalid("top is a whole number from \(bounds.lowerBound) to \(bounds.upperBound)")
    }
    guard let descriptor = SearchDescriptor(name: name ?? DescriptorKind.cls.rawValue) else {
      throw invalid("descriptor is one of \(SearchDescriptor.names.joined(separator: ", "))")
    }
    return SearchRequest(by: descriptor, most: most)
  }

  private static func invalid(_ words: String) -> Problem {
    Problem(400, "invalid-parameter", "Invalid parameter", words)
  }
}
