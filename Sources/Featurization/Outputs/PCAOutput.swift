package import Encoders
import Imaging
import Rendering

/// `output=pca`: the first principal components over all pixels, as colours or as an array.
package struct PCAOutput: Output {
  package let vectors: Vectors
  package var grid: Places.Grid { vectors.places.grid }
  package var kind: OutputKind { .pca }

  package func field(from field: FieldRequest, of card: ModelCard) -> FieldRequest {
    vectors.places.field(from: field)
  }

  package func prepare(_ query: Query) async throws -> Rendering {
    guard query.request.format == .png else { return try await vectors.array(query) }
    let source = try await vectors.source(query)
    let bytes = vectors.footprint(of: source).whole(vectors.places.grid)
    return Rendering(bytes: bytes) { encoder throws(FeaturizationError) in
      let field = vectors.field(of: source, encoder.threads)
      return try encoder.picture(
        Raster(falseColours: field, workers: encoder.threads), of: vectors.places.selection)
    }
  }
}

extension OutputKind {
  package static let pca = OutputKind(
    "pca", formats: [.png] + FeatureRequest.Format.arrays + [.tiff],
    parameters: Vectors.parameters,
    ofPages: [.png] + FeatureRequest.Format.arrays + [.tiff]
  ) { options throws(ParameterError) in
    PCAOutput(vectors: try Vectors(options, components: 3))
  }
}
