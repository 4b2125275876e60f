import Encoders
import Fields
import Imaging
import LinearAlgebra

/// An encoded image with the request that determines how it becomes pixels.
struct FieldImage: Sendable {
  let encoded: EncodedImage
  let request: FieldRequest
  /// The upsampler's output, where the field asks for it.
  let guided: GuidedMap?
  /// Directions that are removed from the vectors, `[count, dim]`; `nil` for none.
  var removed: Matrix?

  /// The field of the patches' vectors.
  func features(_ grid: Places.Grid, workers: ThreadPool? = nil) -> FeatureField {
    let field =
      switch grid {
      case .pixel: encoded.features(request, guided)
      case .patch: encoded.patches(of: \.map)
      }
    return removed.map { field.without($0, workers: workers) } ?? field
  }

  /// Bytes of its vectors where they are changed to be read.
  var bytesWhenRead: Int { removed == nil ? 0 : 8 * cells * encoded.dim }

  /// The cells of all views.
  var cells: Int { encoded.encodings.reduce(0) { $0 + $1.grid.count } }

  /// The field of other maps, one for each view.
  func field(_ grid: Places.Grid, of map: (StoredEncoding) -> FeatureMap) -> FeatureField {
    switch grid {
    case .pixel:
      guided.map { encoded.field($0, of: map) }
        ?? encoded.field(request) { StoredMap(map($0)) }
    case .patch: encoded.patches { StoredMap(map($0)) }
    }
  }
}
