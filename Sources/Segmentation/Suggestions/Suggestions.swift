import Imaging
package import LinearAlgebra

/// Where a few more labels would teach a classifier most: the boxes in which it is least sure, and
/// which look least like what is labelled.
///
/// The uncertainty of pixels by a predicted interface is left out, for a pixel between two classes is
/// unsure whatever is labelled; the rest is blurred. Boxes do not overlap, and a box whose middle has
/// labels is none.
package struct Suggestions: Sendable, Hashable {
  package struct Options: Sendable, Hashable {
    /// The blur's σ in pixels.
    package var blur = 8.0
    /// How many pixels from an interface are left out.
    package var interface = 3
    /// The side of a box in pixels.
    package var side = 96
    /// How many boxes there are at most.
    package var count = 3

    package init() {}
  }

  package struct Box: Sendable, Hashable {
    package let x: Int
    package let y: Int
    package let width: Int
    package let height: Int
    /// The sum of the two that follow.
    package let score: Float
    /// The blurred uncertainty in the middle, 0…1.
    package let uncertainty: Float
    /// The distance of the middle's features to those nearest among the labelled ones, 1 where it is
    /// largest.
    package let novelty: Float
  }

  /// In descending order of their scores.
  package let boxes: [Box]

  /// Chooses boxes around places.
  ///
  /// `uncertainty` is `[1, height · width]`, of each pixel 0…1; `novelty` has one value for each
  /// place.
  package init(
    uncertainty: Matrix, predicted: LabelImage, labelled: LabelImage?, places: Places,
    novelty: [Float], _ options: Options = Options()
  ) {
    let size = predicted.size
    precondition(
      uncertainty.rows == 1 && uncertainty.columns == predicted.ids.count
        && novelty.count == places.count && (labelled?.size ?? size) == size,
      "\(uncertainty.columns) pixels of \(size), \(novelty.count) for \(places.count) places")
    let (width, height) = (min(options.side, size.width), min(options.side, size.height))
    let blurred = places.blur(
      predicted.leavingOutInterfaces(of: uncertainty.row(0), options.interface), options.blur)
    let taken = labelled.map { RectangleCounts(of: $0) }
    var candidates = (0..<places.count).compactMap { index -> Box? in
      // Moved into the image where it would extend beyond it.
      let left = min(max(places[index].x - width / 2, 0), size.width - width)
      let top = min(max(places[index].y - height / 2, 0), size.height - height)
      let (x, y, reach) = (left + width / 2, top + height / 2, options.side / 4)
      if let taken,
        taken.count(columns: x - reach..<x + reach + 1, rows: y - reach..<y + reach + 1) > 0
      {
        return nil
      }
      return Box(
        x: left, y: top, width: width, height: height,
        score: blurred[index] + novelty[index], uncertainty: blurred[index],
        novelty: novelty[index])
    }
    var boxes: [Box] = []
    while boxes.count < options.count, let best = candidates.max(by: { $0.isWorse(than: $1) }) {
      boxes.append(best)
      candidates.removeAll {
        abs($0.x - best.x) < width && abs($0.y - best.y) < height
      }
    }
    self.boxes = boxes
  }
}

extension Suggestions.Box {
  /// Of equal scores the upper one, then the left one is better.
  fileprivate func isWorse(than other: Suggestions.Box) -> Bool {
    (score, -y, -x) < (other.score, -other.y, -other.x)
  }
}

extension LabelImage {
  /// Values with 0 at pixels within a distance of an interface: of the pixels on either side of it,
  /// which are at distance one, in rows and columns.
  fileprivate func leavingOutInterfaces(of values: [Float], _ distance: Int) -> [Float] {
    let (width, height) = (size.width, size.height)
    var edges = [UInt8](repeating: 0, count: ids.count)
    for y in 0..<height {
      for x in 0..<width {
        let place = y * width + x
        if x + 1 < width, ids[place] != ids[place + 1] {
          (edges[place], edges[place + 1]) = (1, 1)
        }
        if y + 1 < height, ids[place] != ids[place + width] {
          (edges[place], edges[place + width]) = (1, 1)
        }
      }
    }
    let counts = RectangleCounts(of: LabelImage(size: size, ids: edges))
    // An edge is itself at distance one of the interface.
    let reach = distance - 1
    guard reach >= 0 else { return values }
    var rest = values
    for y in 0..<height {
      for x in 0..<width
      where counts.count(columns: x - reach..<x + reach + 1, rows: y - reach..<y + reach + 1) > 0 {
        rest[y * width + x] = 0
      }
    }
    return rest
  }
}

/// How many pixels of rectangles are set, from sums over all rectangles at the top left.
private struct RectangleCounts {
  private let size: Size
  /// `[height + 1, width + 1]`.
  private let sums: [Int32]

  init(of image: LabelImage) {
    size = image.size
    let stride = size.width + 1
    var sums = [Int32](repeating: 0, count: stride * (size.height + 1))
    for y in 0..<size.height {
      var row: Int32 = 0
      for x in 0..<size.width {
        row += image.ids[y * size.width + x] == LabelClass.unlabelled ? 0 : 1
        sums[(y + 1) * stride + x + 1] = sums[y * stride + x + 1] + row
      }
    }
    self.sums = sums
  }

  /// The count in a rectangle, of which the part inside the image counts.
  func count(columns: Range<Int>, rows: Range<Int>) -> Int {
    let (columns, rows) = (
      columns.clamped(to: 0..<size.width), rows.clamped(to: 0..<size.height)
    )
    let stride = size.width + 1
    let (top, bottom) = (rows.lowerBound * stride, rows.upperBound * stride)
    return Int(
      sums[bottom + columns.upperBound] - sums[top + columns.upperBound]
        - sums[bottom + columns.lowerBound] + sums[top + columns.lowerBound])
  }
}
