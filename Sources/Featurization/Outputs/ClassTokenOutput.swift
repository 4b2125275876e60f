package import Encoders
import Fields
import LinearAlgebra
package import Rendering

/// `output=cls`: the class token of the identity view, `[dim]`; the mean for models without one.
package struct ClassTokenOutput: Output {
  package let normalise: Vectors.Normalisation
  package let dtype: FloatFormat
  package var kind: OutputKind { .cls }

  package func field(from field: FieldRequest, of card: ModelCard) -> FieldRequest {
    field.identityAlone
  }

  package func prepare(_ query: Query) async throws -> Rendering {
    let encoded = try await query.image().encoded
    return Rendering(bytes: Footprint.Bytes(making: 4 * encoded.dim)) {
      encoder throws(FeaturizationError) in
      let token = MutableMatrix(rows: 1, columns: encoded.dim, encoded.encodings[0].classToken)
      normalise.postProcess.apply(to: token.all)
      return encoder.array([encoded.dim], ChunkedArray(dtype.bytes(of: token.view)), dtype.element)
    }
  }
}

extension OutputKind {
  package static let cls = OutputKind(
    "cls", formats: FeatureRequest.Format.arrays, parameters: [.normalise, .dtype],
    ofPages: FeatureRequest.Format.arrays
  ) { options throws(ParameterError) in
    ClassTokenOutput(
      normalise: try options.given.choice(.normalise, .none),
      dtype: try options.given.choice(.dtype, .float32))
  }
}
