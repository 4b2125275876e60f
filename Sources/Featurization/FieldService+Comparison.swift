package import Encoders
import Scheduling

/// Values for comparing models over many images; none is cached.
extension FieldService {
  /// The identity view's vectors, `[grid, dim]`, with the time of reading and encoding.
  ///
  /// Throws as `keep` does.
  package func patches(
    of image: [UInt8], _ request: FeatureRequest, progress: WorkProgress = WorkProgress()
  ) async throws -> (map: FeatureMap, duration: Duration) {
    let source = try await source(.bytes(image), request.field.identityAlone)
    let made = try await computation.encode(
      source.record.encodings, source.plan, for: .anonymous,
      EncodingWork(progress, for: .anonymous, handsOver: false), image: { image })
    let stages = made.stages.filter { $0.stage != "queue" }
    let duration = stages.reduce(Duration.zero) { $0 + $1.duration }
    return (made.image.encodings[0].patches, duration)
  }

  /// The model's training loss on the parts of an image that a request's seed hides.
  ///
  /// Throws as `keep` does.
  package func loss(
    of image: [UInt8], _ request: FeatureRequest, progress: WorkProgress = WorkProgress()
  ) async throws -> Double {
    let seed = (request.output as? ReconstructionOutput)?.seed ?? 0
    let source = try await source(.bytes(image), request.field)
    return try await computation.reconstruct(
      source.record, source.plan, seed: seed, for: .anonymous, progress, image: { image }
    ).loss
  }
}
