import Files
import Featurization
import Foundation
import HTTP1
import HTTPTypes
import ImageCodecs
import Jobs

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

  /// The most images that are looked up at once.
  static let mostLookedUp = 10_000

  /// `POST /images/missing`: which of some images are not here, and so have to be sent.
  func missing(_ context: RequestContext) -> Answering {
    .work { body in
      struct Images: Codable { let images: [String] }
      let asked: Images
      do {
        asked = try JSONDecoder().decode(Images.self, from: Data(body))
      } catch {
        throw Problem(
          400, "malformed-json", "The JSON is malformed",
          "The body is an object with a member images, a list of names sha256-…")
      }
      guard asked.images.count <= ImagesEndpoint.mostLookedUp else {
        throw Problem(
          413, "too-many-images", "Too many images are asked for",
          "There are \(asked.images.count) names; at most \(ImagesEndpoint.mostLookedUp) are "
            + "looked up at once")
      }
      let digests = try asked.images.map { name in
        guard let digest = Digest(imageName: name) else {
          throw Problem(ParameterError.invalid(.image, value: name))
        }
        return digest
      }
      let missing = try await images.missing(of: digests).map(\.imageName)
      return Response(
        status: .ok, fields: [.contentType: "application/json"],
        body: .bytes(json(Images(images: missing))))
    }
  }

  func delete(_ context: RequestContext, _ jobs: JobsEndpoint?) throws(Problem) -> Answering {
    let digest = try context.named
    return .work { _ in
      if let live = try await jobs?.jobs.liveCount(naming: digest), live > 0 {
        throw Problem(
          409, "image-in-use", "Jobs need the image",
          "\(digest.imageName) is needed by \(live) jobs that have not ended")
      }
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
