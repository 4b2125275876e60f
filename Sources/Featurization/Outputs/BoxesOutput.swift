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
    objects.field(from: field)
  }

  package func prepare(_ query: Query) async throws -> Rendering {
    let image = try await query.image()
    let size = image.encoded.canvas.shown
    guard let method = objects.method else {
      let found = try await query.clusterBoxes(of: image, isCentred: objects.isCentred)
      let boxes = found.boxes.map { ObjectBox($0, score: found.score(of: $0)) }
      return rendering(ObjectOptions.clusters, size, bytes: 0) { _ in (boxes, []) }
    }
    let found = try await query.objects(by: method, objects, of: image)
    return rendering(method.rawValue, size, bytes: 24 * image.encoded.area) { encoder in
      (
        found.objects.compactMap { object in
          ObjectBox(
            CellMap(mask: object.mask).pixels(of: image, .nearest, workers: encoder.threads),
            size, score: object.score)
        }, found.eigenvalues
      )
    }
  }

  private func rendering(
    _ method: String, _ size: Size, bytes: Int,
    _ find: @escaping @Sendable (OutputEncoder) -> (boxes: [ObjectBox], eigenvalues: [Double])
  ) -> Rendering {
    Rendering(bytes: Footprint.Bytes(making: bytes)) {
      [kind] encoder throws(FeaturizationError) in
      let (boxes, eigenvalues) = find(encoder)
      let shape = [boxes.count]
      guard encoder.request.format == .geojson else {
        return encoder.document(
          BoxListing(
            method: method, field: encoder.record.name.description,
            image: encoder.record.image.imageName, width: size.width, height: size.height,
            eigenvalues: eigenvalues, boxes: boxes), shape: shape)
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
  /// 1, or of clusters the group's number; 0 for the foreground's largest part.
  let label: Int
  let score: Double
  /// The mean place of its pixels' centres, x and y.
  let centroid: [Double]

  var rectangle: PixelRectangle {
    PixelRectangle(x: bbox[0], y: bbox[1], width: bbox[2], height: bbox[3])
  }

  init(_ box: ForegroundBoxes.Box, score: Double) {
    let rectangle = box.rectangle
    bbox = [rectangle.x, rectangle.y, rectangle.width, rectangle.height]
    (area, label, self.score) = (box.area, Int(box.id ?? 0), score)
    centroid = box.centroid
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
      objects: try ObjectOptions(options, among: FoundObjects.Method.allCases, orClusters: true))
  }
}
