package import Digests
import Encoders
import ImageCodecs
package import Imaging
package import Scheduling

/// A field as its clients see it.
package struct FieldDescription: Sendable, Encodable {
  package let id: Digest
  /// Of the image file.
  package let image: String
  /// Of the file of weights.
  package let weights: String
  /// What the field shows, in pixels.
  package let size: Size
  package let patch: Int
  package let dim: Int
  package let heads: Int
  /// The patches of the identity view.
  package let grid: Grid
  /// Views averaged, each as often as it counts.
  package let views: Int
  /// The numbers that it is kept as, by the server's choice.
  package let dtype: FieldRequest.StorageType
  package let request: FieldOptions

  init(_ record: FieldRecord, _ image: EncodedImage) {
    id = record.name
    self.image = record.image.imageName
    weights = "sha256-\(record.weights)"
    size = image.canvas.shown
    patch = image.patch
    dim = image.dim
    heads = image.encodings[0].classAttention.heads
    grid = image.encodings[0].grid
    views = image.views.reduce(0) { $0 + $1.count }
    dtype = record.request.storageType
    request = FieldOptions(record.request)
  }
}

extension Featurizer {
  /// Encodes an image and keeps the field.
  ///
  /// Returns the stages of its making, none where it was there. Throws as `answer` does.
  package func keep(
    _ image: ImageSource, _ request: FieldRequest, for owner: Owner = .anonymous
  ) async throws -> (field: FieldDescription, stages: [Answer.Timing]) {
    let record = try await record(of: image, request)
    if case .bytes(let bytes) = image {
      _ = try await questions.run { [fieldCache] in fieldCache.keep(image: bytes, as: record.image)
      }
    }
    let (encoded, stages) = try await encoded(record, image, for: owner)
    let isNew = !stages.isEmpty
    try await questions.run { [fieldCache] in fieldCache.keep(record, encoded, isNew: isNew) }
    return (FieldDescription(record, encoded), stages)
  }

  /// What an id stands for.
  ///
  /// Throws `FeaturizationError.noSuchField`.
  package func record(of id: Digest) async throws -> FieldRecord {
    let record = try await questions.run { [fieldCache] in fieldCache.record(of: id) }
    guard let record else { throw FeaturizationError.noSuchField(id) }
    return record
  }

  /// Describes a field that is known; its encodings are made again where they are gone.
  package func describe(
    _ record: FieldRecord, for owner: Owner = .anonymous
  ) async throws -> FieldDescription {
    FieldDescription(record, try await reencodeIfMissing(record, base: record, for: owner).image)
  }
}

/// An image that is kept, as its clients see it.
package struct ImageDescription: Sendable, Encodable {
  package let image: String
  package let bytes: Int
  package let format: String
  package let size: Size
}

extension Featurizer {
  /// Keeps an image, so that it need not be sent again; `name` is what the client takes its digest
  /// for.
  ///
  /// Returns whether it was not here before. Throws `FeaturizationError`: `image` for what is none
  /// that is read, `anotherDigest`, and `noRoom`.
  package func keep(
    image bytes: [UInt8], as name: Digest? = nil
  ) async throws -> (image: ImageDescription, isNew: Bool) {
    try await questions.run { [fieldCache, limits] in
      let header: ImageHeader
      do throws(CodecError) {
        header = try probe(bytes, page: 0, limits: limits.decoding)
      } catch {
        throw FeaturizationError.image(error)
      }
      let digest = SHA256.digest(of: bytes)
      guard name == nil || name == digest else { throw FeaturizationError.anotherDigest(digest) }
      let isNew = !fieldCache.has(image: digest)
      guard fieldCache.keep(image: bytes, as: digest) else {
        throw FeaturizationError.noRoom(bytes: bytes.count)
      }
      let description = ImageDescription(
        image: digest.imageName, bytes: bytes.count, format: header.format.rawValue,
        size: header.size)
      return (description, isNew)
    }
  }

  /// A kept image's bytes.
  ///
  /// Throws `FeaturizationError.noSuchImage`.
  package func image(_ digest: Digest) async throws -> [UInt8] {
    let bytes = try await questions.run { [fieldCache] in fieldCache.image(digest) }
    guard let bytes else { throw FeaturizationError.noSuchImage(digest) }
    return bytes
  }

  /// Forgets an image; fields made of it stay.
  package func remove(image digest: Digest) async throws {
    guard try await questions.run({ [fieldCache] in fieldCache.remove(image: digest) }) else {
      throw FeaturizationError.noSuchImage(digest)
    }
  }
}
