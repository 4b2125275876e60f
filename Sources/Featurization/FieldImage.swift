import Encoders
import Fields

/// An encoded image with the request that determines how it becomes pixels.
struct FieldImage: Sendable {
  let encoded: EncodedImage
  let request: FieldRequest
  /// The upsampler's output, where the field asks for it.
  let guided: GuidedMap?

  /// The field of the patches' vectors.
  func features(_ grid: Places.Grid) -> FeatureField {
    switch grid {
    case .pixel: encoded.features(request, guided)
    case .patch: encoded.patches(of: \.patches)
    }
  }

  /// The field of other maps, one for each view.
  func field(_ grid: Places.Grid, of map: (StoredEncoding) -> FeatureMap) -> FeatureField {
    switch grid {
    case .pixel:
      guided.map { encoded.field($0, of: map) } ?? encoded.field(request, of: map)
    case .patch: encoded.patches(of: map)
    }
  }
}
