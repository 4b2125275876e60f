import Analysis
package import Encoders
package import Files
import LinearAlgebra
package import Scheduling

/// The vectors that stand for whole images, of their first views.
extension QueryService {
  /// The descriptors of a kept field.
  ///
  /// Throws `FeaturizationError` and `JobError`.
  package func descriptors(
    of field: Digest, for owner: Owner = .anonymous
  ) async throws -> FieldDescriptors {
    let record = try await fields.record(of: field)
    let store = fields.cache.descriptors
    let known = try await queue.run { store.descriptors(of: field) }
    if let known, known.isComplete { return known }
    let image = try await firstView(of: record, for: owner)
    return try await inTurn(bytes: 0, owner) {
      let made = FieldDescriptors(record, image)
      if known != nil { store.keep(made) }
      return made
    }
  }

  /// The descriptors of an image, of which nothing is kept.
  ///
  /// Throws as above, and `CancellationError`.
  package func descriptors(
    of source: FieldSource, for owner: Owner = .anonymous,
    progress: WorkProgress = WorkProgress()
  ) async throws -> FieldDescriptors {
    let image = try await firstView(of: source, for: owner, progress: progress)
    return try await inTurn(bytes: 0, owner) {
      FieldDescriptors(source.firstView.record, image)
    }
  }

  /// The first view of a kept field's image; missing encodings are made again.
  func firstView(of record: FieldRecord, for owner: Owner) async throws -> EncodedImage {
    let first = record.with(request: record.request.identityAlone)
    return try await fields.kept(first, base: record, for: owner).image
  }

  /// The first view of an image, of which nothing is kept.
  package func firstView(
    of source: FieldSource, for owner: Owner = .anonymous,
    progress: WorkProgress = WorkProgress()
  ) async throws -> EncodedImage {
    try await fields.encoded(source.firstView, for: owner, progress: progress).image
  }
}

extension FieldSource {
  /// The source of the first view alone.
  var firstView: FieldSource {
    FieldSource(
      record: record.with(request: record.request.identityAlone), image: image, plan: nil)
  }
}

/// Images compared by what their cells have beside the words of all of them.
extension QueryService {
  /// The images that are compared so at most.
  package static let mostByWords = 64

  /// The cosine of each of some images with one; `nil` where there is nothing of an image at hand.
  ///
  /// Each image is asked for twice: its cells are not held. Throws what `image` does, and
  /// `CancellationError` when the task is cancelled.
  package func wordCosines(
    of query: EncodedImage, with count: Int, for owner: Owner = .anonymous,
    image: (Int) async throws -> EncodedImage?
  ) async throws -> [Float?] {
    func made<Made: Sendable>(
      _ image: EncodedImage, _ make: @escaping @Sendable (Matrix) -> Made
    ) async throws -> Made {
      try await inTurn(bytes: image.bytesWidened + image.encodings[0].bytes, owner) {
        make(image.encodings[0].patches.vectors)
      }
    }
    let sample: @Sendable (Matrix) -> Matrix = { VisualWords.sample(of: $0, images: count + 1) }
    var samples = [try await made(query, sample)]
    for place in 0..<count {
      guard let image = try await image(place) else { continue }
      samples.append(try await made(image, sample))
    }
    let bytes = 8 * VisualWords.mostCells * (query.dim + 4 * VisualWords.usualCount)
    let words = try await cancellably(bytes, owner) { [samples, threads] shouldStop in
      try VisualWords(samples, workers: threads, shouldStop: shouldStop)
    }
    let own = try await made(query) { words.descriptor(of: $0) }
    var cosines: [Float?] = []
    for place in 0..<count {
      guard let image = try await image(place) else {
        cosines.append(nil)
        continue
      }
      let found = try await made(image) { words.descriptor(of: $0) }
      cosines.append(
        DescriptorIndex(Matrix(rows: 1, columns: found.count, found)).cosines(with: own)[0])
    }
    return cosines
  }
}
