package import Encoders
import Fields
import Imaging
import LinearAlgebra
package import Rendering

/// `output=attention`: attention of the class token to each place, per head, or a picture of the
/// mean.
package struct AttentionOutput: Output {
  package let attention: ClassAttention.Kind
  package let places: Places
  package let normalise: Vectors.Normalisation
  package let dtype: FloatFormat
  package var grid: Places.Grid { places.grid }
  package var kind: OutputKind { .attention }

  package func field(from field: FieldRequest, of card: ModelCard) -> FieldRequest {
    var field = places.field(from: field)
    field.encodeOptions.facet = .token
    return field
  }

  package func prepare(_ query: Query) async throws -> Rendering {
    let image = try await query.image()
    let heads = image.encoded.encodings[0].classAttention.heads
    let footprint = Footprint(image, dims: heads, made: heads + 1)
    guard query.request.format == .png else {
      return Rendering(bytes: footprint.streamed(at: places.selection)) {
        encoder throws(FeaturizationError) in
        try encoder.array(of: field(of: image), at: places.selection, dtype)
      }
    }
    return Rendering(bytes: footprint.whole(places.grid)) {
      encoder throws(FeaturizationError) in
      let mean = field(of: image).projected(onto: .mean(of: heads), workers: encoder.threads)
        .finished(normalise.postProcess)
      return try encoder.picture(
        Raster(of: mean, workers: encoder.threads), of: places.selection)
    }
  }

  private func field(of image: FieldImage) -> FeatureField {
    image.field(places.grid) { [attention] in $0.classAttention[attention] }
      .finished(normalise.postProcess)
  }
}

extension Matrix {
  /// The mean as a linear map, `[1, dim]`.
  fileprivate static func mean(of dim: Int) -> Matrix {
    Matrix(rows: 1, columns: dim, Array(repeating: 1 / Float(dim), count: dim))
  }
}

extension OutputKind {
  package static let attention = OutputKind(
    "attention", formats: FeatureRequest.Format.arrays + [.tiff, .png],
    parameters: Places.parameters + [.attention, .normalise, .dtype], ability: .classToken
  ) { options throws(ParameterError) in
    AttentionOutput(
      attention: try options.given.choice(.attention, .softmax), places: try Places(options),
      normalise: try options.given.choice(.normalise, .none),
      dtype: try options.given.choice(.dtype, .float32))
  }
}
