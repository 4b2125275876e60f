import Analysis
package import Encoders
import Fields
import Files
import Imaging
import LinearAlgebra
import Segmentation

/// `output=boxes`: the boxes of objects that stand out, in pixels.
///
/// A box is that of its object's cells, cut off at the picture's edge, as the published codes have it.
package struct BoxesOutput: Output {
  package let objects: ObjectOptions
  package var kind: OutputKind { .boxes }

  package func field(from field: FieldRequest, of card: ModelCard) -> FieldRequest {
    ObjectOptions.field(from: field)
  }

  package func prepare(_ query: Query) async throws -> Rendering {
    let image = try await query.image()
    let found = try await query.objects(objects, of: image)
    let area = image.encoded.area
    return Rendering(bytes: Footprint.Bytes(making: 24 * area)) {
      [objects, kind] encoder throws(FeaturizationError) in
      let size = image.encoded.canvas.shown
      let boxes = found.objects.compactMap { object in
        ObjectBox(
          CellMap(mask: object.mask).pixels(of: image, .nearest, workers: encoder.threads),
          size, score: object.score)
      }
      let shape = [boxes.count]
      guard encoder.request.format == .geojson else {
        return encoder.document(
          BoxListing(
            method: objects.method.rawValue, field: encoder.record.name.description,
            image: encoder.record.image.imageName, width: size.width, height: size.height,
            eigenvalues: found.eigenvalues, boxes: boxes), shape: shape)
      }
      let outlines = LabelOutlines(boxes: boxes.map(\.rectangle), id: 1)
      return RenderedOutput(
        shape: shape, stage: kind.name,
        body: .whole(GeoJSON(outlines, [.unnamed(1)]).bytes))
    }
  }
}

/// The box of one object as clients read it.
struct ObjectBox: Encodable {
  /// Left, top, width, height.
  let bbox: [Int]
  /// Pixels of the object.
  let area: Int
  let label: Int
  let score: Double
  /// The mean place of its pixels' centres, x and y.
  let centroid: [Double]

  var rectangle: PixelRectangle {
    PixelRectangle(x: bbox[0], y: bbox[1], width: bbox[2], height: bbox[3])
  }

  /// The box of the pixels where a mask is above one half; `nil` where there are none.
  init?(_ mask: [Float], _ size: Size, score: Double) {
    var (left, right, top, bottom) = (Int.max, -1, Int.max, -1)
    var (area, x, y) = (0, 0, 0)
    for row in 0..<size.height {
      for column in 0..<size.width where mask[row * size.width + column] > 0.5 {
        (left, right) = (min(left, column), max(right, column))
        (top, bottom) = (min(top, row), max(bottom, row))
        (area, x, y) = (area + 1, x + column, y + row)
      }
    }
    guard area > 0 else { return nil }
    bbox = [left, top, right + 1 - left, bottom + 1 - top]
    (self.area, label, self.score) = (area, 1, score)
    centroid = [Double(x) / Double(area) + 0.5, Double(y) / Double(area) + 0.5]
  }
}

/// Boxes as clients read them.
private struct BoxListing: Encodable {
  let method: String
  let field: String
  let image: String
  let width: Int
  let height: Int
  let eigenvalues: [Double]
  let boxes: [ObjectBox]
}

extension OutputKind {
  package static let boxes = OutputKind(
    "boxes", formats: [.json, .geojson], parameters: ObjectOptions.parameters
  ) { options throws(ParameterError) in
    BoxesOutput(
      objects: try ObjectOptions(options, among: FoundObjects.Method.allCases))
  }
}
