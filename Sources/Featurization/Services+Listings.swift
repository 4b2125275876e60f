package import Files
import Scheduling
package import Segmentation

/// A kept field, as it is listed.
package struct FieldListing: Sendable, Encodable {
  package let id: Digest
  package let image: String
  package let request: FieldOptions
}

/// A kept image, as it is listed.
package struct ImageListing: Sendable, Encodable {
  package let image: String
  package let bytes: Int
}

/// A kept classifier, as it is listed.
package struct ClassifierListing: Sendable, Encodable {
  package enum Subject: String, Sendable, Encodable { case pixels, images }

  package let id: Digest
  /// What it tells the classes of.
  package let of: Subject
  package let classes: [LabelClass]
  /// Images that it learnt from.
  package let images: Int
  /// The options of the fields that it is for.
  package let options: [String: String]
}

/// What is kept, a page at a time: of a client with a name what is of images that it sent.
extension Services {
  /// The bounds of a page.
  package static let pageBounds = 1...1000

  package func keptFields(
    after last: Digest?, limit: Int, for client: String?
  ) async throws -> KeptPage<FieldListing> {
    try await queries.queue.run { [cache = fields.cache, images] in
      KeptPage(of: cache.keptNames, after: last, limit: limit) { id in
        guard let record = cache.record(of: id) ?? cache.descriptors.descriptors(of: id)?.record,
          images.isVisible(record.image, to: client)
        else { return nil }
        return FieldListing(
          id: id, image: record.image.imageName, request: FieldOptions(record.request))
      }
    }
  }

  package func keptImages(
    after last: Digest?, limit: Int, for client: String?
  ) async throws -> KeptPage<ImageListing> {
    try await queries.queue.run { [images] in
      KeptPage(of: images.names, after: last, limit: limit) { digest in
        guard images.isVisible(digest, to: client) else { return nil }
        return ImageListing(image: digest.imageName, bytes: images.size(of: digest))
      }
    }
  }

  /// One that learnt from an image of another client is not told of.
  package func keptClassifiers(
    after last: Digest?, limit: Int, for client: String?
  ) async throws -> KeptPage<ClassifierListing> {
    try await queries.queue.run { [classifiers, images] in
      KeptPage(of: classifiers.names, after: last, limit: limit) { id in
        guard let kept = try? classifiers.kept(id) else { return nil }
        let names = kept.images
        guard client == nil || !names.isEmpty,
          names.allSatisfy({ name in
            Digest(imageName: name).map { images.isVisible($0, to: client) } ?? false
          })
        else { return nil }
        return ClassifierListing(id: id, kept)
      }
    }
  }
}

extension KeptClassifier {
  /// The names of images that it learnt from.
  fileprivate var images: [String] {
    switch self {
    case .pixels(let classifier): classifier.provenance.training.map(\.image)
    case .images(let classifier): classifier.description.training.map(\.image)
    }
  }
}

extension ClassifierListing {
  fileprivate init(id: Digest, _ kept: KeptClassifier) {
    self.id = id
    images = kept.images.count
    switch kept {
    case .pixels(let classifier):
      (of, classes, options) = (.pixels, classifier.classes, classifier.provenance.options)
    case .images(let classifier):
      let description = classifier.description
      (of, classes, options) = (.images, description.classes, description.options)
    }
  }
}
