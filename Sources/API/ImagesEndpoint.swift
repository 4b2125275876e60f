import Digests
import Featurization
import HTTP1
import HTTPTypes
import ImageCodecs

/// `/images`: images that are sent once and named afterwards.
struct ImagesEndpoint: Sendable {
  private let featurizer: Featurizer

  init(_ featurizer: Featurizer) {
    self.featurizer = featurizer
  }

  /// Keeps an image, under the name that the client has for it or the one that it has.
  func keep(_ request: Request, as digest: Digest? = nil) async throws -> Response {
    let (image, isNew) = try await featurizer.keep(image: request.body, as: digest)
    return Response(
      status: isNew ? .created : .ok,
      fields: [.contentType: "application/json", .location: "/images/\(image.image)"],
      body: .bytes(json(image)))
  }

  func get(_ digest: Digest, _ head: RequestHead) async throws -> Response {
    let bytes = try await featurizer.image(digest)
    let format = ImageFormat(recognising: bytes)
    let representation = Representation(
      tag: EntityTag(of: digest),
      fields: [
        .cacheControl: Representation.forever,
        .contentType: format.map { "image/\($0.rawValue.lowercased())" }
          ?? "application/octet-stream",
      ],
      content: .bytes(bytes))
    return try representation.response(to: head)
  }

  func delete(_ digest: Digest) async throws -> Response {
    try await featurizer.remove(image: digest)
    return Response(status: .noContent)
  }
}
