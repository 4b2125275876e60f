import Analysis
import Encoders
package import Files
package import Scheduling

/// By what images are compared with one.
package enum SearchDescriptor: Sendable, Hashable {
  case vector(DescriptorKind)
  /// What the cells have beside the words that those of the nearest images have in common; all images
  /// are compared by their means first.
  case vlad

  package static let names = DescriptorKind.allCases.map(\.rawValue) + ["vlad"]

  package init?(name: String) {
    if let kind = DescriptorKind(rawValue: name) {
      self = .vector(kind)
    } else if name == "vlad" {
      self = .vlad
    } else {
      return nil
    }
  }

  package var name: String {
    switch self {
    case .vector(let kind): kind.rawValue
    case .vlad: "vlad"
    }
  }

  /// The vector by which all images are compared.
  package var kind: DescriptorKind {
    switch self {
    case .vector(let kind): kind
    case .vlad: .mean
    }
  }
}

/// An image of the store that is like another.
package struct SimilarImage: Sendable, Encodable {
  package let field: String
  package let image: String
  package let cosine: Float
}

/// A field, and how like another it is.
private struct Match: Sendable {
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
  package let descriptor: String
  package let model: String
  /// The images that it was compared with.
  package let among: Int
  package let results: [SimilarImage]
}

/// Which images of the store are asked for, and how they are compared.
package struct SearchRequest: Sendable, Hashable {
  package let descriptor: SearchDescriptor
  /// The most results.
  package let most: Int

  /// The bounds of the number of results.
  package static let results = 1...1000
  package static let usualResults = 10

  package init(by descriptor: SearchDescriptor, most: Int) {
    precondition(SearchRequest.results.contains(most), "\(most) results")
    (self.descriptor, self.most) = (descriptor, most)
  }
}

extension QueryService {
  /// What is read at a time, and what is found of as many fields as a store can have.
  private static let bytesOfSearch = 48 << 20

  /// The kept fields most like one, one for each image, the nearest first; its own image is left out.
  ///
  /// Among those of images that the owner's client sent, where it has a name. Throws
  /// `FeaturizationError`, `JobError`, or `CancellationError` when the task is cancelled.
  package func search(
    _ request: SearchRequest, likeField field: Digest, for owner: Owner = .anonymous
  ) async throws -> SearchListing {
    let query = try await descriptors(of: field, for: owner)
    return try await search(request, like: query, isOwnLeftOut: true, for: owner) {
      try await self.firstView(of: query.record, for: owner)
    }
  }

  /// The same for an image, of which nothing is kept.
  package func search(
    _ request: SearchRequest, likeImage source: FieldSource, for owner: Owner = .anonymous
  ) async throws -> SearchListing {
    let image = try await firstView(of: source, for: owner)
    let query = try await inTurn(bytes: 0, owner) {
      FieldDescriptors(source.firstView.record, image)
    }
    return try await search(request, like: query, isOwnLeftOut: false, for: owner) { image }
  }

  private func search(
    _ request: SearchRequest, like query: FieldDescriptors, isOwnLeftOut: Bool, for owner: Owner,
    view: () async throws -> EncodedImage
  ) async throws -> SearchListing {
    var (among, nearest) = try await ranked(
      like: query, by: request.descriptor.kind, isOwnLeftOut: isOwnLeftOut, for: owner)
    switch request.descriptor {
    case .vector: break
    case .vlad:
      let shortlist = Array(nearest.prefix(QueryService.mostByWords))
      let cosines = try await wordCosines(
        of: view(), with: shortlist.count, for: owner
      ) { place in
        guard let record = try? await self.fields.record(of: shortlist[place].match.field) else {
          return nil
        }
        return try await self.fields.firstViewAtHand(of: record, for: owner)
      }
      nearest = zip(shortlist, cosines).compactMap { found, cosine in
        cosine.map { (found.image, Match(field: found.match.field, cosine: $0)) }
      }.sorted { $0.1.isBefore($1.1) }
    }
    return SearchListing(
      descriptor: request.descriptor.name, model: query.record.request.model, among: among,
      results: nearest.prefix(request.most).map { image, match in
        SimilarImage(
          field: match.field.description, image: image.imageName, cosine: match.cosine)
      })
  }

  /// How many images there are to compare with, and those that are most like one by one vector, the
  /// nearest first; as many as a request may ask for.
  private func ranked(
    like query: FieldDescriptors, by kind: DescriptorKind, isOwnLeftOut: Bool, for owner: Owner
  ) async throws -> (among: Int, nearest: [(image: Digest, match: Match)]) {
    let (store, images) = (fields.cache.descriptors, fields.images)
    return try await inTurn(bytes: QueryService.bytesOfSearch, owner) {
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
      let sorted = best.sorted { $0.value.isBefore($1.value) }
      return (
        best.count,
        sorted.prefix(SearchRequest.results.upperBound).map { (image: $0.key, match: $0.value) }
      )
    }
  }
}
