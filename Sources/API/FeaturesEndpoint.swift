import Featurization
import HTTP1
import HTTPTypes
import Jobs

/// `POST /features`: an image in, its features out.
struct FeaturesEndpoint: Sendable {
  /// Bytes of one option's value in a form.
  static let formValue = 1024

  private let featurizer: Featurizer

  init(_ featurizer: Featurizer) {
    self.featurizer = featurizer
  }

  /// Refuses from the head alone what will be refused anyway.
  func admit(_ head: RequestHead) throws(Problem) {
    let options = try query(head)
    if !isForm(head) { _ = try request(options) }
    if let refusal = featurizer.queue.refusal { throw Problem(refusal) }
  }

  func respond(to request: Request) async throws -> Response {
    let (image, options) = try content(of: request)
    guard !image.isEmpty else {
      throw Problem(
        400, "no-image", "There is no image", "The body, or the form's part image, is empty")
    }
    let answer = try await featurizer.answer(image, try self.request(options))
    return Response(answer)
  }

  private func request(
    _ options: [(name: String, value: String)]
  ) throws(Problem) -> FeatureRequest {
    do {
      return try FeatureRequest(
        options, cards: featurizer.models.cards, defaultModel: featurizer.models.defaultName)
    } catch {
      throw Problem(error)
    }
  }

  private func query(_ head: RequestHead) throws(Problem) -> [(name: String, value: String)] {
    do {
      return try QueryString(head.target.query ?? "").parameters.map { ($0.name, $0.value) }
    } catch {
      throw Problem(error)
    }
  }

  private func isForm(_ head: RequestHead) -> Bool {
    head.fields[.contentType]?.lowercased().hasPrefix("multipart/") == true
  }

  /// The image and all options: the body itself and the query, or a form's parts and the query.
  private func content(
    of request: Request
  ) throws(Problem) -> (image: [UInt8], options: [(name: String, value: String)]) {
    var options = try query(request.head)
    guard isForm(request.head) else { return (request.body, options) }
    let form: MultipartForm
    do {
      form = try MultipartForm(
        body: request.body, contentType: request.head.fields[.contentType] ?? "")
    } catch {
      throw Problem(error)
    }
    guard let part = form["image"] else {
      throw Problem(400, "no-image", "There is no image", "The form has no part named image")
    }
    for option in form.parts where option.name != "image" {
      guard option.range.count <= FeaturesEndpoint.formValue,
        let value = String(validating: request.body[option.range], as: UTF8.self)
      else {
        throw Problem(
          400, "malformed-form", "The form is malformed",
          "An option is not UTF-8 of at most \(FeaturesEndpoint.formValue) bytes")
      }
      options.append((option.name, value))
    }
    return (Array(request.body[part.range]), options)
  }
}

extension HTTPField.Name {
  fileprivate static func named(_ name: String) -> HTTPField.Name {
    guard let name = HTTPField.Name(name) else { preconditionFailure("a field named \(name)") }
    return name
  }

  fileprivate static let field = named("Eyepiece-Field")
  fileprivate static let shape = named("Eyepiece-Shape")
  fileprivate static let model = named("Eyepiece-Model")
  fileprivate static let serverTiming = named("Server-Timing")
}

extension Response {
  fileprivate init(_ answer: Answer) {
    self.init(
      status: .ok,
      fields: [
        .contentType: answer.mediaType,
        .eTag: "\"\(answer.digest)\"",
        .field: answer.field,
        .shape: answer.shape.map(String.init).joined(separator: ","),
        .model: answer.model,
        .serverTiming: answer.timings.map(\.field).joined(separator: ", "),
      ])
    switch answer.body {
    case .whole(let bytes):
      body = .bytes(bytes)
    case .rows(let stream):
      body = .stream(length: stream.length) { writer in
        try await stream.write { try await writer.write($0) }
      }
    }
  }
}

extension Answer.Timing {
  /// Source: Server Timing, W3C, §2.
  fileprivate var field: String {
    let microseconds = Int(duration / .microseconds(1))
    let fraction = String(microseconds % 1000 + 1000).dropFirst()
    return "\(stage);dur=\(microseconds / 1000).\(fraction)"
  }
}
