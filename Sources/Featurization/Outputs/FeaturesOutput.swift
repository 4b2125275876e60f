package import Encoders

/// `output=features`: the vectors of a field, or their principal components.
package struct FeaturesOutput: Output {
  package let vectors: Vectors
  package var grid: Places.Grid { vectors.places.grid }
  package var kind: OutputKind { .features }

  package func field(from field: FieldRequest, of card: ModelCard) -> FieldRequest {
    vectors.places.field(from: field)
  }

  package func prepare(_ query: Query) async throws -> Rendering {
    try await vectors.array(query)
  }
}

extension Vectors {
  /// Renders them as an array.
  func array(_ query: Query) async throws -> Rendering {
    let source = try await source(query)
    let bytes = footprint(of: source).streamed(at: places.selection)
    return Rendering(bytes: bytes) { encoder throws(FeaturizationError) in
      try encoder.array(of: field(of: source, encoder.threads), at: places.selection, dtype)
    }
  }
}

extension OutputKind {
  package static let features = OutputKind(
    "features", formats: FeatureRequest.Format.arrays + [.tiff], parameters: Vectors.parameters,
    ofPages: FeatureRequest.Format.arrays
  ) { options throws(ParameterError) in
    FeaturesOutput(vectors: try Vectors(options, components: nil))
  }
}
