package import Encoders
import Scheduling

/// What those ask who compare models over many images: little of each, and nothing is kept of it.
extension Featurizer {
  /// The identity view's vectors, `[grid, dim]`, and the time that reading the image and encoding
  /// it took.
  ///
  /// Throws as `answer` does.
  package func patches(
    of image: [UInt8], _ request: FeatureRequest, progress: WorkProgress = WorkProgress()
  ) async throws -> (map: FeatureMap, duration: Duration) {
    let image = ImageSource.bytes(image)
    let record = try await record(of: image, request.field.identityAlone)
    let made = try await computation.encode(
      record.encodings, try await bytes(of: image), for: .anonymous, progress)
    let stages = made.stages.filter { $0.stage != "queue" }
    let duration = stages.reduce(Duration.zero) { $0 + $1.duration }
    return (made.image.encodings[0].patches, duration)
  }

  /// What the model was trained to lessen, of the parts of an image that a request's seed hides.
  ///
  /// Throws as `answer` does.
  package func loss(
    of image: [UInt8], _ request: FeatureRequest, progress: WorkProgress = WorkProgress()
  ) async throws -> Double {
    let record = try await record(of: .bytes(image), request.field)
    return try await computation.reconstruct(
      record, image, seed: request.seed ?? 0, for: .anonymous, progress
    ).loss
  }
}
