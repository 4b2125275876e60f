import Fields
import Imaging

/// Places at which vectors are requested: a grid, and all of it, a rectangle, or points.
package struct Places: Sendable, Hashable, Encodable {
  /// Every pixel, or the identity view's patches.
  package enum Grid: String, Sendable, Hashable, Codable, CaseIterable {
    case pixel
    case patch
  }

  package var grid: Grid
  package var selection: Selection

  static let parameters: [Parameter] = [.grid, .region, .points]

  /// Every pixel.
  static let all = Places(grid: .pixel, selection: .all)
}

extension Places {
  init(_ options: OutputOptions) throws(ParameterError) {
    let given = options.given
    if given.has(.points), given.has(.region) { throw .conflict(.points, .region) }
    grid = try given.choice(.grid, .pixel)
    let region = try given.value(.region, Selection.all) { Selection(region: $0) }
    selection = try given.value(.points, region) { Selection(points: $0) }
  }

  /// The field with these places; for patches, the identity view alone.
  func field(from field: FieldRequest) -> FieldRequest {
    grid == .patch ? field.identityAlone : field
  }
}

extension EncodedImage {
  /// The size of the grid on which places are counted.
  func size(of grid: Places.Grid) -> Size {
    switch grid {
    case .pixel: canvas.shown
    case .patch: patchSize
    }
  }
}
