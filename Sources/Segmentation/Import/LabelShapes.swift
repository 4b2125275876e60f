package import Imaging

/// Labels as shapes with classes, as they are drawn in QuPath.
///
/// A class has the id that the document tells (its own `classes`, or the `id` of a feature's
/// properties), or N where it is called “class N”; others get the lowest ids that are free, in the order
/// of their names.
package struct LabelShapes: Sendable, Hashable {
  /// Most bytes of a document.
  package static let longest = 32 << 20
  /// Most corners of all shapes, as of those that are written.
  package static let mostCorners = GeoJSON.mostCorners
  /// Most pixels that are passed while shapes are drawn: about two seconds.
  package static let mostPassed = 1_000_000_000

  /// A place in continuous pixels, y downwards: 0 is an edge of the picture, 0.5 the centre of its
  /// first pixel.
  package struct Corner: Sendable, Hashable {
    /// The farthest place from the picture's corner that is taken.
    static let farthest = Double(1 << 30)

    let x: Double
    let y: Double
  }

  package enum Shape: Sendable, Hashable {
    case points([Corner])
    case lines([[Corner]])
    /// Of each polygon its rings: a pixel is inside where it is inside an odd number of them.
    case polygons([[[Corner]]])

    var corners: Int {
      switch self {
      case .points(let corners): corners.count
      case .lines(let lines): lines.reduce(0) { $0 + $1.count }
      case .polygons(let polygons): polygons.reduce(0) { $0 + $1.reduce(0) { $0 + $1.count } }
      }
    }
  }

  private struct Item: Sendable, Hashable {
    let shape: Shape
    /// `nil` for every page.
    let page: Int?
    let id: UInt8
  }

  private let items: [Item]
  /// Those that shapes have, and those that the document or the caller names, by their ids.
  package let classes: [LabelClass]

  /// Bytes that are held for each byte of a document while it is read.
  package static let bytesOfByte = 16

  /// Whether a file is a text of JSON and not a picture or an array.
  package static func isDocument(_ bytes: [UInt8]) -> Bool {
    let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
    let text = bytes.starts(with: mark) ? bytes.dropFirst(mark.count) : bytes[...]
    let first = text.first { ![0x20, 0x09, 0x0A, 0x0D].contains($0) }
    return first == UInt8(ascii: "{") || first == UInt8(ascii: "[")
  }

  /// Reads GeoJSON; names mean the ids that they have in `given`, where classes are given.
  ///
  /// Throws `SegmentationError`: `malformedShapes` and `badClasses`.
  package init(_ bytes: [UInt8], classes given: [LabelClass]? = nil) throws(SegmentationError) {
    guard bytes.count <= LabelShapes.longest else {
      throw .malformedShapes(
        reason: "it has \(bytes.count) bytes; the limit is \(LabelShapes.longest)")
    }
    let document = try GeoJSONDocument(bytes)
    let corners = document.features.reduce(0) { $0 + $1.geometry.shape.corners }
    guard corners <= LabelShapes.mostCorners else {
      throw .malformedShapes(
        reason: "its shapes have \(corners) corners; the limit is \(LabelShapes.mostCorners)")
    }
    let naming = try ShapeNaming(of: document, given: given)
    // QuPath names no plane for the first one; of a single picture it names none at all.
    let isOfStack = document.features.contains { $0.geometry.page ?? 0 > 0 }
    items = zip(document.features, naming.ids).map { feature, id in
      let geometry = feature.geometry
      return Item(shape: geometry.shape, page: isOfStack ? geometry.page ?? 0 : nil, id: id)
    }
    classes = naming.classes
  }

  /// The labels of a page's pixels: of shapes that overlap the later one counts.
  ///
  /// Polygons have the pixels whose centres are inside; lines those whose centres are within half a
  /// pixel, from the centre of one pixel to that of another; points the pixel that they are in. Throws
  /// `SegmentationError.malformedShapes` where a shape lies beside the picture.
  package func labels(
    of size: Size, page: Int, passing most: Int = LabelShapes.mostPassed
  ) throws(SegmentationError) -> LabelImage {
    var canvas = ShapeCanvas(size, most: most)
    for (index, item) in items.enumerated() where item.page ?? page == page {
      guard canvas.meets(item.shape) else {
        throw .malformedShapes(
          reason: "features[\(index)] lies outside the picture, which is \(size)")
      }
      canvas.draw(item.shape, as: item.id)
      guard !canvas.isTooMuch else {
        throw .malformedShapes(
          reason: "drawing its shapes passes more than \(most) pixels; fewer that overlap, or a "
            + "label image, can be taken")
      }
    }
    return canvas.labels
  }
}

extension LabelShapes.Corner: Decodable {
  package init(from decoder: any Decoder) throws {
    var container = try decoder.unkeyedContainer()
    x = try container.decode(Double.self)
    y = try container.decode(Double.self)
    guard abs(x) <= Self.farthest, abs(y) <= Self.farthest else {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "far from a picture")
    }
  }
}
