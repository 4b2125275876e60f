import Imaging

/// A label image that shapes are drawn on, by the page's rules.
///
/// Source: `Sources/API/Page/shapes.js`, whose polygons and whose brush of one pixel set the same bytes.
struct ShapeCanvas {
  typealias Corner = LabelShapes.Corner

  private let size: Size
  private let most: Int
  private var ids: [UInt8]
  /// Of a polygon's box, where an odd number of edges is passed.
  private var parity: [UInt8] = []
  private var passed = 0

  init(_ size: Size, most: Int) {
    (self.size, self.most) = (size, most)
    ids = [UInt8](repeating: LabelClass.unlabelled, count: size.width * size.height)
  }

  /// Whether what was drawn passed more pixels than are allowed; what is drawn then is not whole.
  var isTooMuch: Bool { passed > most }

  var labels: LabelImage { LabelImage(size: size, ids: ids) }

  /// Whether a part of a shape can lie in the picture; an empty one lies nowhere else.
  func meets(_ shape: LabelShapes.Shape) -> Bool {
    let corners =
      switch shape {
      case .points(let points): points
      case .lines(let lines): lines.flatMap { $0 }
      case .polygons(let polygons): polygons.flatMap { $0 }.flatMap { $0 }
      }
    guard let box = Box(corners) else { return true }
    return box.right >= 0 && box.left <= Double(size.width) && box.bottom >= 0
      && box.top <= Double(size.height)
  }

  mutating func draw(_ shape: LabelShapes.Shape, as id: UInt8) {
    switch shape {
    case .points(let points):
      for point in points { set(point, as: id) }
    case .lines(let lines):
      for line in lines {
        for (start, end) in zip(line, line.dropFirst()) where !isTooMuch {
          draw(from: start, to: end, as: id)
        }
        if line.count == 1 { set(line[0], as: id) }
      }
    case .polygons(let polygons):
      for rings in polygons where !isTooMuch { fill(rings, as: id) }
    }
  }

  // MARK: Points and lines

  private mutating func set(_ point: Corner, as id: UInt8) {
    passed += 1
    set(point.x.rounded(.down), point.y.rounded(.down), as: id)
  }

  private mutating func set(_ x: Double, _ y: Double, as id: UInt8) {
    guard x >= 0, y >= 0, x < Double(size.width), y < Double(size.height) else { return }
    ids[Int(y) * size.width + Int(x)] = id
  }

  /// A stroke of a brush of one pixel.
  private mutating func draw(from start: Corner, to end: Corner, as id: UInt8) {
    let (a, b) = (start.pixel, end.pixel)
    let (across, down) = (b.x - a.x, b.y - a.y)
    guard across != 0 || down != 0 else { return set(a.x, a.y, as: id) }
    // In each column of a flat segment, and each row of a steep one, the two nearest pixels.
    let isFlat = abs(across) >= abs(down)
    let (from, to, count) = isFlat ? (a.x, b.x, size.width) : (a.y, b.y, size.height)
    let first = max(min(from, to), 0)
    let last = min(max(from, to), Double(count - 1))
    for step in stride(from: first, through: last, by: 1) {
      passed += 1
      let along = (step - from) / (to - from)
      let middle = isFlat ? a.y + along * down : a.x + along * across
      for side in [middle.rounded(.down), middle.rounded(.up)] {
        let (x, y) = isFlat ? (step, side) : (side, step)
        let distance = 2 * ((x - a.x) * down - (y - a.y) * across)
        guard distance * distance <= across * across + down * down else { continue }
        set(x, y, as: id)
      }
    }
  }

  // MARK: Polygons

  /// The pixels whose centres are inside an odd number of rings.
  private mutating func fill(_ rings: [[Corner]], as id: UInt8) {
    guard let box = Box(rings.flatMap { $0 }) else { return }
    let rows = range(box.top, box.bottom, of: size.height)
    let columns = range(box.left, box.right, of: size.width)
    guard !rows.isEmpty, !columns.isEmpty else { return }
    passed += rows.count * columns.count
    guard !isTooMuch else { return }
    parity = [UInt8](repeating: 0, count: rows.count * columns.count)
    for ring in rings {
      guard let last = ring.last else { continue }
      var start = last
      for end in ring where !isTooMuch {
        cross(from: start, to: end, rows, columns)
        start = end
      }
    }
    for row in rows {
      var isInside: UInt8 = 0
      let place = (row - rows.lowerBound) * columns.count - columns.lowerBound
      for column in columns {
        isInside ^= parity[place + column]
        if isInside == 1 { ids[row * size.width + column] = id }
      }
    }
  }

  /// Notes in each row that an edge passes where it does.
  private mutating func cross(
    from a: Corner, to b: Corner, _ rows: Range<Int>, _ columns: Range<Int>
  ) {
    let first = max((min(a.y, b.y) - 0.5).rounded(.up), Double(rows.lowerBound))
    let end = min((max(a.y, b.y) - 0.5).rounded(.up), Double(rows.upperBound))
    guard first < end else { return }
    passed += Int(end - first)
    for row in Int(first)..<Int(end) {
      let x = a.x + (Double(row) + 0.5 - a.y) * (b.x - a.x) / (b.y - a.y)
      let column = max((x - 0.5).rounded(.up), Double(columns.lowerBound))
      guard column < Double(columns.upperBound) else { continue }
      parity[(row - rows.lowerBound) * columns.count + Int(column) - columns.lowerBound] ^= 1
    }
  }

  /// The pixels between two places, of so many.
  private func range(_ from: Double, _ to: Double, of count: Int) -> Range<Int> {
    let (first, end) = (max(from.rounded(.down), 0), min(to.rounded(.up), Double(count)))
    return first < end ? Int(first)..<Int(end) : 0..<0
  }

  private struct Box {
    var (left, top, right, bottom): (Double, Double, Double, Double)

    init?(_ corners: [Corner]) {
      guard let first = corners.first else { return nil }
      (left, top, right, bottom) = (first.x, first.y, first.x, first.y)
      for corner in corners {
        (left, right) = (min(left, corner.x), max(right, corner.x))
        (top, bottom) = (min(top, corner.y), max(bottom, corner.y))
      }
    }
  }
}

extension LabelShapes.Corner {
  /// The pixel that the place is in.
  fileprivate var pixel: (x: Double, y: Double) { (x.rounded(.down), y.rounded(.down)) }
}
