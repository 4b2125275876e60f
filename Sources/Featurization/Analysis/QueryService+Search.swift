import Analysis
package import Encoders
package import Files
package import Scheduling

/// An image of the store that is like another.
package struct SimilarImage: Sendable, Encodable {
  package let field: String
  package let image: String
  package let cosine: Float
}

/// A field, and how like another it is.
private struct Match {
  let field: Digest
  let cosine: Float

  /// Of equal cosines the field with the smaller id comes first.
  func isBefore(_ other: Match) -> Bool {
    cosine == other.cosine
      ? field.bytes.lexicographicallyPrecedes(other.field.bytes) : cosine > other.cosine
  }
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
  /// What is read at a time, and what is found of as many fields as a store can have.
  private static let bytesOfSearch = 48 << 20

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
    let (store, images) = (fields.cache.descriptors, fields.images)
    let found = try await inTurn(bytes: QueryService.bytesOfSearch, owner) {
      var best: [Digest: Match] = [:]
      store.forEachBlock(of: kind, like: query.likeness) { block in
        let cosines = block.index.cosines(with: query[kind])
        for (place, image) in block.images.enumerated() {
          guard !(isOwnLeftOut && image == query.record.image),
            images.isVisible(image, to: owner.client)
          else { continue }
          let match = Match(field: block.fields[place], cosine: cosines[place])
          if best[image].map({ match.isBefore($0) }) ?? true { best[image] = match }
        }
      }
      let nearest = best.sorted { $0.value.isBefore($1.value) }.prefix(most)
      return (
        among: best.count,
        results: nearest.map { image, match in
          SimilarImage(
            field: match.field.description, image: image.imageName, cosine: match.cosine)
        }
      )
    }
    return SearchListing(
      descriptor: kind, model: query.record.request.model, among: found.among,
      results: found.results)
  }
}
