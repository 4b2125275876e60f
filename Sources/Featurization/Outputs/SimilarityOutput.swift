import Fields
import Imaging
package import Rendering

/// `/similarity`: the cosine between each pixel's vector and the mean of those at some points.
package struct SimilarityOutput: Output {
  package let points: [Selection.Point]
  package let dtype: FloatFormat
  /// The directions of position that are removed.
  package let debias: Int
  package var kind: OutputKind { .similarity }

  package func prepare(_ query: Query) async throws -> Rendering {
    let image = try await query.image(debias: debias)
    let norms = try await query.norms(of: image)
    let bytes = Footprint(image, dims: 1, made: 1).whole(.pixel)
    return Rendering(bytes: bytes) { encoder throws(FeaturizationError) in
      let field = image.features(.pixel)
      try Selection.points(points).check(in: field.shown)
      let mean = field.mean(of: points.map { (x: $0.x, y: $0.y) }, workers: encoder.threads)
      let values = field.similarity(to: mean, norms: norms, workers: encoder.threads)
      return try encoder.levels(values, of: field.shown, dtype)
    }
  }
}

extension SimilarityOutput {
  /// Takes `x` and `y`, each given once, or `points`.
  init(_ options: OutputOptions) throws(ParameterError) {
    let given = options.given
    for place in [Parameter.x, .y] where given.has(place) && given.has(.points) {
      throw .conflict(place, .points)
    }
    let column = try given.number(.x, in: 0...Selection.farthest)
    let row = try given.number(.y, in: 0...Selection.farthest)
    let selection = try given.value(.points) { Selection(points: $0) }
    if let column, let row {
      points = [Selection.Point(x: column, y: row)]
    } else if case .points(let several) = selection {
      points = several
    } else {
      throw .noPoint
    }
    dtype = try given.choice(.dtype, .float32)
    debias = try given.number(.debias, 0, in: 0...PositionBasis.most)
  }
}

extension OutputKind {
  package static let similarity = OutputKind(
    "similarity", formats: FeatureRequest.Format.arrays + [.tiff, .png],
    parameters: [.points, .dtype, .x, .y, .debias],
    // The points compared with, not the places that are read.
    ofAnyFormat: [.points]
  ) { options throws(ParameterError) in
    try SimilarityOutput(options)
  }
}
