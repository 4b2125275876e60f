import Analysis
package import Encoders
package import Files
import LinearAlgebra
package import Scheduling

/// An image of the store that is like another.
package struct SimilarImage: Sendable, Encodable {
  package let field: String
  package let image: String
  package let cosine: Float
}

/// The images that are most like one.
package struct SearchListing: Sendable, Encodable {
  package let descriptor: DescriptorKind
  package let model: String
  /// The images that it was compared with.
  package let among: Int
  package let results: [SimilarImage]
}

extension QueryService {
  /// The bounds of the number of results.
  package static let results = 1...1000

  /// The descriptors of a kept field.
  ///
  /// Throws `FeaturizationError` and `JobError`.
  package func descriptors(
    of field: Digest, for owner: Owner = .anonymous
  ) async throws -> FieldDescriptors {
    let record = try await fields.record(of: field)
    let store = fields.cache.descriptors
    if let known = try await queue.run({ store.descriptors(of: field) }) { return known }
    let first = record.with(request: record.request.identityAlone)
    let image = try await fields.kept(first, base: record, for: owner).image
    return try await inTurn(bytes: image.bytesWhenRead, owner) {
      FieldDescriptors(record, image)
    }
  }

  /// The descriptors of an image, of which nothing is kept.
  ///
  /// Throws as above, and `CancellationError`.
  package func descriptors(
    of source: FieldSource, for owner: Owner = .anonymous,
    progress: WorkProgress = WorkProgress()
  ) async throws -> FieldDescriptors {
    let record = source.record.with(request: source.record.request.identityAlone)
    let first = FieldSource(record: record, image: source.image, plan: nil)
    let image = try await fields.encoded(first, for: owner, progress: progress).image
    return try await inTurn(bytes: image.bytesWhenRead, owner) {
      FieldDescriptors(record, image)
    }
  }

  /// The kept fields most like an image by one descriptor, one for each image, the nearest first.
  ///
  /// Among those of images that the owner's client sent, where it has a name. `isOwnLeftOut` leaves
  /// out the image itself.
  package func search(
    like query: FieldDescriptors, by kind: DescriptorKind, most: Int, isOwnLeftOut: Bool,
    for owner: Owner = .anonymous
  ) async throws -> SearchListing {
    let (store, images, threads) = (fields.cache.descriptors, fields.images, threads)
    let bytes = 3 * store.memoryBytes
    let found = try await inTurn(bytes: bytes, owner) {
      let known = store.all.filter {
        $0.isLike(query) && !(isOwnLeftOut && $0.record.image == query.record.image)
          && images.isVisible($0.record.image, to: owner.client)
      }
      guard !known.isEmpty else { return (among: 0, results: [SimilarImage]()) }
      let dim = query[kind].count
      let rows = Matrix(
        rows: known.count, columns: dim, known.flatMap { $0[kind] })
      let nearest = DescriptorIndex(rows).nearest(
        to: query[kind], most: known.count, workers: threads)
      var seen: Set<Digest> = []
      var results: [SimilarImage] = []
      for (place, cosine) in nearest where seen.insert(known[place].record.image).inserted {
        guard results.count < most else { continue }
        let record = known[place].record
        results.append(
          SimilarImage(
            field: record.name.description, image: record.image.imageName, cosine: cosine))
      }
      return (seen.count, results)
    }
    return SearchListing(
      descriptor: kind, model: query.record.request.model, among: found.among,
      results: found.results)
  }
}
