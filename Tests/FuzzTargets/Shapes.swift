import Imaging
import Segmentation

/// Shapes read as labels, which are written and read again.
enum Shapes {
  private static let size = Size(width: 24, height: 18)

  /// What is written of labels gives them back.
  static func complaint(about bytes: [UInt8]) -> String? {
    guard let shapes = try? LabelShapes(bytes),
      let drawn = try? shapes.labels(of: size, page: 0, passing: 1 << 16)
    else { return nil }
    // What is left out is of no class, and is not written.
    let labels = LabelImage(
      size: size, ids: drawn.ids.map { $0 == LabelClass.ignored ? LabelClass.unlabelled : $0 })
    let ids = Set(shapes.classes.map(\.id))
    let outlines = LabelOutlines(of: Components(of: labels, ids: ids, .four))
    let again = try? LabelShapes(GeoJSON(outlines, shapes.classes).bytes)
    guard let read = try? again?.labels(of: size, page: 0), read == labels else {
      return "what is written of the labels gives others"
    }
    return nil
  }
}
