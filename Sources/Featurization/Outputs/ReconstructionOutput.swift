package import Encoders
import Imaging
import LinearAlgebra

/// `output=reconstruction`: the image with hidden parts reconstructed by the model.
///
/// It is computed on each request and not cached.
package struct ReconstructionOutput: Output {
  /// The seed of the random mask.
  package let seed: UInt32
  package var kind: OutputKind { .reconstruction }

  package func field(from field: FieldRequest, of card: ModelCard) -> FieldRequest {
    var field = field.ofWholeModel(card).identityAlone
    field.encodeOptions.precision = .float32
    return field
  }

  package func prepare(_ query: Query) async throws -> Rendering {
    let painted = try await query.reconstruction(seed: seed)
    let size = painted.picture.size
    let area = size.width * size.height
    return Rendering(bytes: Footprint.Bytes(making: 8 * area, kept: 4 * area)) {
      encoder throws(FeaturizationError) in
      var picture = try encoder.picture(painted.picture, of: .all)
      picture.loss = painted.loss
      return picture
    }
  }
}

extension OutputKind {
  package static let reconstruction = OutputKind(
    "reconstruction", formats: [.png], parameters: [.seed], ability: .decoder,
    isOfWholeModel: true
  ) { options throws(ParameterError) in
    let seed = try options.given.value(.seed) { Int(digits: $0).flatMap { UInt32(exactly: $0) } }
    return ReconstructionOutput(seed: seed ?? 0)
  }
}
