import Fields
import Imaging
import LinearAlgebra
package import Rendering

/// `/project`: the features under a posted linear map.
package struct ProjectionOutput: Output {
  /// The value computed from the map's rows at each place.
  package enum Readout: String, Sendable, Hashable, Encodable {
    case logits
    /// The softmax of the logits.
    case probabilities
    /// The index of the largest logit.
    case labels
  }

  package let readout: Readout
  package let places: Places
  package let dtype: FloatFormat
  /// The directions of position that are removed; `nil` for none.
  package let debias: Int?

  package var grid: Places.Grid { places.grid }
  package var kind: OutputKind {
    switch readout {
    case .logits: .logits
    case .probabilities: .probabilities
    case .labels: .labels
    }
  }

  package func prepare(_ query: Query) async throws -> Rendering {
    let image = try await query.image()
    let map = try await query.map(dim: image.encoded.dim)
    let rows = map.weight.rows
    // `W (v − Bᵀ B v) = (W − W Bᵀ B) v`: the vectors stay as they are.
    let weight: Matrix
    if let debias {
      weight = map.weight.without(try await query.positions(of: image).first(debias))
    } else {
      weight = map.weight
    }
    let footprint = Footprint(image, dims: rows, made: rows)
    let bytes =
      readout == .labels
      ? footprint.whole(places.grid) : footprint.streamed(at: places.selection)
    return Rendering(bytes: bytes) { encoder throws(FeaturizationError) in
      let field = image.features(places.grid).projected(
        onto: weight, bias: map.bias, workers: encoder.threads)
      switch readout {
      case .logits: return try encoder.array(of: field, at: places.selection, dtype)
      case .probabilities:
        return try encoder.array(of: field.finished(.softmax), at: places.selection, dtype)
      case .labels: return try encoder.classes(of: field, at: places.selection)
      }
    }
  }
}

extension OutputKind {
  package static let logits = projection(.logits)
  package static let probabilities = projection(.probabilities)
  package static let labels = projection(.labels)

  private static func projection(_ readout: ProjectionOutput.Readout) -> OutputKind {
    let arrays = FeatureRequest.Format.arrays
    return OutputKind(
      readout.rawValue, formats: readout == .labels ? [.png] + arrays : arrays + [.tiff],
      parameters: Places.parameters + (readout == .labels ? [] : [.dtype]) + [.debias]
    ) { options throws(ParameterError) in
      ProjectionOutput(
        readout: readout, places: try Places(options),
        dtype: try options.given.choice(.dtype, .float32),
        debias: try PositionBasis.removed(options.given))
    }
  }
}
