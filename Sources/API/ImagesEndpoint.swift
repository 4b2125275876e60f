import Files
import Featurization
import HTTP1
import HTTPTypes
import ImageCodecs

/// `/images`: images that are uploaded once and then referred to by name.
struct ImagesEndpoint: Sendable {
  private let images: ImageStore

  init(_ images: ImageStore) {
    self.images = images
  }

  /// Stores an image under the name in the path, or under its digest.
  ///
  /// 201 means that this client had not sent it before, whether or not others had.
  func keep(_ context: RequestContext) -> Answering {
    .work { body in
      let (image, isNew) = try await images.keep(
        body, as: context.name, from: context.client.name)
      return Response(
        status: isNew ? .created : .ok,
        fields: [.contentType: "application/json", .location: "/images/\(image.image)"],
        body: .bytes(json(image)))
    }
  }

  func get(_ context: RequestContext) throws(Problem) -> Answering {
    let digest = try context.named
    return .work { _ in
      let (bytes, reservation) = try await images.bytes(of: digest, for: context.owner)
      let format = ImageFormat(recognising: bytes)
      let representation = Representation(
        tag: EntityTag(of: digest),
        fields: [
          .cacheControl: Representation.forever,
          .contentType: format.map { "image/\($0.rawValue.lowercased())" }
            ?? "application/octet-stream",
        ],
        content: Representation.Content(bytes, holding: reservation))
      return try representation.response(to: context.head)
    }
  }

  func delete(_ context: RequestContext) throws(Problem) -> Answering {
    let digest = try context.named
    return .work { _ in
      try await images.remove(digest, for: context.client.asRemover)
      return Response(status: .noContent)
    }
  }
}

extension Client {
  fileprivate var asRemover: ImageRemover {
    switch self {
    case .anonymous: .anyone
    case .known(let entry): entry.role == .operator ? .administrator : .sender(entry.name)
    case .certified(let name): .sender(name)
    }
  }
}
