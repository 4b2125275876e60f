package import Imaging
package import Segmentation

/// Boxes of an image's foreground: that of its largest part first, then those of each class's parts.
///
/// Parts are connected over corners. A class's box that covers the largest part's by more than four
/// fifths of their union is left out. Source: HR-Dv2's `segment.py`, its superbox.
package struct ForegroundBoxes: Sendable, Hashable {
  package struct Box: Sendable, Hashable {
    package let rectangle: PixelRectangle
    /// Pixels of the part.
    package let area: Int
    /// The part's class; `nil` where all of the foreground is one.
    package let id: UInt8?
    /// The mean place of its pixels' centres, x and y.
    package let centroid: [Double]
  }

  package let boxes: [Box]

  /// Parts of classes with fewer pixels have no box.
  package static let leastArea = 201
  private static let largestOverlap = 0.8

  /// Looks for the parts of some classes; there is no box where these have no pixel.
  package init(
    of labels: LabelImage, foreground: Set<UInt8>, leastArea: Int = ForegroundBoxes.leastArea
  ) {
    let whole = LabelImage(
      size: labels.size, ids: labels.ids.map { foreground.contains($0) ? 1 : 0 })
    let parts = ForegroundBoxes.boxes(of: Components(of: whole, ids: [1]), hasClasses: false)
    guard let largest = parts.max(by: { $0.area < $1.area }),
      let first = parts.first(where: { $0.area == largest.area })
    else {
      boxes = []
      return
    }
    let others = ForegroundBoxes.boxes(
      of: Components(of: labels, ids: foreground), hasClasses: true)
    boxes =
      [first]
      + others.filter {
        $0.area >= leastArea
          && $0.rectangle.overlap(with: first.rectangle) <= ForegroundBoxes.largestOverlap
      }
  }

  private static func boxes(of parts: Components, hasClasses: Bool) -> [Box] {
    var extents = [PixelExtent](repeating: PixelExtent(), count: parts.count)
    let width = parts.size.width
    for (place, object) in parts.objects.enumerated() where object > 0 {
      extents[Int(object) - 1].add(x: place % width, y: place / width)
    }
    return zip(extents, parts.ids).compactMap { extent, id in
      extent.rectangle.map {
        Box(
          rectangle: $0, area: extent.area, id: hasClasses ? id : nil, centroid: extent.centroid)
      }
    }
  }
}
