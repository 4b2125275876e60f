package import Encoders
import Fields
import Tensors

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
    var bytes = footprint(of: source).streamed(at: places.selection)
    let lengths = try await lengths(of: source.image, query)
    bytes.kept += 4 * (lengths?.values.count ?? 0)
    return Rendering(bytes: bytes) { encoder throws(FeaturizationError) in
      try encoder.array(
        of: field(of: source, encoder.threads), at: places.selection, dtype, lengths: lengths)
    }
  }
}

extension Vectors {
  /// The lengths of all vectors before they are divided by them, where planes of all pixels are
  /// written: without them each few planes compute all channels.
  private func lengths(of image: FieldImage, _ query: Query) async throws -> Norms? {
    guard query.request.format.file?.isPlanar == true, normalise == .l2, components == nil,
      places.grid == .pixel, places.selection == .all
    else { return nil }
    return try await query.norms(of: image)
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
