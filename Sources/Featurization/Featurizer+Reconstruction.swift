import Encoders
import ImageCodecs
import Imaging
import Scheduling
import LinearAlgebra

extension Featurizer {
  /// An image with parts of it painted by the model from the rest, which a seed chooses.
  ///
  /// Made anew each time: nothing of it is kept. Throws as `answer` does.
  func reconstruct(
    _ record: FieldRecord, _ image: ImageSource, _ request: FeatureRequest,
    for owner: Owner, _ progress: WorkProgress
  ) async throws -> Answer {
    let painted = try await computation.reconstruct(
      record, try await bytes(of: image), seed: request.seed ?? 0, for: owner, progress)
    let picture = painted.picture
    let bytes = try await questions.run {
      do throws(CodecError) {
        return try encodePNG(picture)
      } catch {
        throw FeaturizationError.image(error)
      }
    }
    return Answer(
      name: record.name(of: request), field: record.name, model: record.request.model,
      precision: record.request.encodeOptions.precision.rawValue,
      shape: [picture.size.height, picture.size.width, picture.channels], format: request.format,
      loss: painted.loss, timings: painted.stages, body: .whole(bytes))
  }
}
