package import Encoders

/// `/sample`: a field's vectors at posted points, with labels if an image of labels was posted.
package struct SampleOutput: Output {
  package let vectors: Vectors
  package var grid: Places.Grid { vectors.places.grid }
  package var kind: OutputKind { .sample }

  package func field(from field: FieldRequest, of card: ModelCard) -> FieldRequest {
    vectors.places.field(from: field)
  }

  package func prepare(_ query: Query) async throws -> Rendering {
    let source = try await vectors.source(query)
    let grid = vectors.places.grid
    let sample = try await query.points(in: source.image.encoded.size(of: grid))
    let bytes = vectors.footprint(of: source).streamed(at: .points(sample.points))
    return Rendering(bytes: bytes) { encoder throws(FeaturizationError) in
      try encoder.sample(
        of: vectors.field(of: source, encoder.threads), at: sample, vectors.dtype)
    }
  }
}

extension OutputKind {
  package static let sample = OutputKind(
    "features", id: "sample", formats: FeatureRequest.Format.arrays,
    parameters: [.grid, .components, .basis, .normalise, .dtype, .debias]
  ) { options throws(ParameterError) in
    SampleOutput(vectors: try Vectors(options, components: nil))
  }
}
