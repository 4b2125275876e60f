package import Imaging

/// The outlines of connected objects along the edges of pixels.
///
/// A ring's corners are those of pixels, its first one is not repeated. Objects connected over edges
/// alone give rings that never cross themselves: where an object touches itself at a corner, the ring
/// of a hole touches another there.
package struct LabelOutlines: Sendable {
  package struct Corner: Sendable, Hashable {
    package let x: Int
    package let y: Int
  }

  /// An object's outer ring, clockwise as shown, and those of its holes, anticlockwise.
  package struct Outline: Sendable, Hashable {
    package let id: UInt8
    package fileprivate(set) var rings: [[Corner]]
  }

  /// One for each object, in their order.
  package let outlines: [Outline]

  /// The outlines of boxes, all of one class.
  package init(boxes: [PixelRectangle], id: UInt8) {
    outlines = boxes.map { box in
      let (right, bottom) = (box.x + box.width, box.y + box.height)
      return Outline(
        id: id,
        rings: [
          [
            Corner(x: box.x, y: box.y), Corner(x: right, y: box.y), Corner(x: right, y: bottom),
            Corner(x: box.x, y: bottom),
          ]
        ])
    }
  }

  package var corners: Int {
    outlines.reduce(0) { $0 + $1.rings.reduce(0) { $0 + $1.count } }
  }

  /// Traces objects that are connected over edges.
  package init(of components: Components) {
    let trace = OutlineTrace(components)
    var outlines = components.ids.map { Outline(id: $0, rings: []) }
    // An object's first pixel in the order of rows is at its outer ring, which so comes first.
    var isDone = [Bool](repeating: false, count: components.objects.count)
    for place in components.objects.indices
    where components.objects[place] > 0 && trace.hasTop(place) && !isDone[place] {
      let ring = trace.ring(from: place) { isDone[$0] = true }
      outlines[Int(components.objects[place]) - 1].rings.append(ring)
    }
    self.outlines = outlines
  }
}

/// Walks along the edges between an object's pixels and others, the object at the right hand.
private struct OutlineTrace {
  private let objects: [Int32]
  private let width: Int
  private let height: Int

  init(_ components: Components) {
    objects = components.objects
    (width, height) = (components.size.width, components.size.height)
  }

  /// Whether another object, or none, lies above a pixel: each ring has such an edge.
  func hasTop(_ place: Int) -> Bool {
    place < width || objects[place - width] != objects[place]
  }

  private enum Direction {
    case right, down, left, up

    var step: (x: Int, y: Int) {
      switch self {
      case .right: (1, 0)
      case .down: (0, 1)
      case .left: (-1, 0)
      case .up: (0, -1)
      }
    }

    var turnedLeft: Direction {
      switch self {
      case .right: .up
      case .down: .right
      case .left: .down
      case .up: .left
      }
    }

    var turnedRight: Direction {
      switch self {
      case .right: .down
      case .down: .left
      case .left: .up
      case .up: .right
      }
    }
  }

  /// The ring that runs along the top of a pixel; `pass` is told the pixels along whose tops it runs.
  func ring(from place: Int, _ pass: (Int) -> Void) -> [LabelOutlines.Corner] {
    let own = objects[place]
    let start = LabelOutlines.Corner(x: place % width, y: place / width)
    var (corner, direction) = (start, Direction.right)
    var ring: [LabelOutlines.Corner] = []
    repeat {
      if direction == .right { pass(corner.y * width + corner.x) }
      let step = direction.step
      corner = LabelOutlines.Corner(x: corner.x + step.x, y: corner.y + step.y)
      let next = self.next(after: direction, at: corner, own)
      if next != direction { ring.append(corner) }
      direction = next
    } while corner != start || direction != .right
    return ring
  }

  /// The direction from a corner on: to the left where the object goes on there, so that pixels that
  /// share a corner alone count as joined, else straight on, else to the right.
  private func next(
    after direction: Direction, at corner: LabelOutlines.Corner, _ own: Int32
  ) -> Direction {
    let step = direction.step
    let side = direction.turnedRight.step
    // Of the four pixels around the corner the two ahead, at the left and at the right.
    let ahead = (x: 2 * corner.x - 1 + step.x, y: 2 * corner.y - 1 + step.y)
    func isOwn(_ sign: Int) -> Bool {
      let (x, y) = ((ahead.x + sign * side.x) / 2, (ahead.y + sign * side.y) / 2)
      guard ahead.x + sign * side.x >= 0, ahead.y + sign * side.y >= 0, x < width, y < height
      else { return false }
      return objects[y * width + x] == own
    }
    if isOwn(-1) { return direction.turnedLeft }
    return isOwn(1) ? direction : direction.turnedRight
  }
}
