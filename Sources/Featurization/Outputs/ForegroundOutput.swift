import Analysis
import Fields
import Imaging
import Rendering

/// `output=foreground`: a mask of the side of the first principal component with higher entropy.
package struct ForegroundOutput: Output {
  package let places: Places
  package var grid: Places.Grid { places.grid }
  package var kind: OutputKind { .foreground }

  package func prepare(_ query: Query) async throws -> Rendering {
    let image = try await query.image()
    guard image.encoded.hasContrast else { throw FeaturizationError.analysis(.noContrast) }
    let basis = try await query.basis(nil, .pixel, of: image)
    let entropy = try await query.entropy(of: image)
    let bytes = Footprint(image, dims: 1, made: 1).whole(.pixel)
    return Rendering(bytes: bytes) { encoder throws(FeaturizationError) in
      let threads = encoder.threads
      let scores = image.features(.pixel).projected(onto: basis.first(1), workers: threads)
      let mask = Foreground(of: scores, entropy: entropy, workers: threads).mask
      return try encoder.picture(
        Raster(mask: mask.map { $0 == 1 }, size: scores.shown), of: places.selection)
    }
  }
}

extension OutputKind {
  package static let foreground = OutputKind(
    "foreground", formats: [.png], parameters: [.region]
  ) { options throws(ParameterError) in
    ForegroundOutput(places: try Places(options))
  }
}
