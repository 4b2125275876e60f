import Fields
import Imaging
import LinearAlgebra
import Rendering
import Tensors

/// An array's elements, computed in pieces of any size: bytes in the array's order.
///
/// Elements are computed in indivisible units, which form lines: pixels in rows, rows in planes. A
/// piece is whole lines, or a part of one.
package struct ChunkedArray: Sendable {
  /// Bytes of a piece that is made at the least cost, roughly.
  package static let piece = 1 << 21
  /// Channels made at once at most, where they lie in planes.
  static let planes = 8
  /// Values of pixels computed at a time before they are rearranged.
  private static let part = 1 << 16

  let byteCount: Int
  package let unitBytes: Int
  /// Units of a line.
  private let line: Int
  /// Bytes that are best made at once.
  let best: Int
  /// Whether they are in memory already.
  let areHere: Bool
  private let make: @Sendable (Range<Int>) -> [UInt8]

  /// `make` gives some units' bytes, on whatever thread it is called.
  package init(
    byteCount: Int, unitBytes: Int, line: Int = 1, best: Int = ChunkedArray.piece,
    make: @escaping @Sendable (Range<Int>) -> [UInt8]
  ) {
    self.init(
      byteCount: byteCount, unitBytes: unitBytes, line: line, best: best, areHere: false,
      make: make)
  }

  private init(
    byteCount: Int, unitBytes: Int, line: Int, best: Int, areHere: Bool,
    make: @escaping @Sendable (Range<Int>) -> [UInt8]
  ) {
    precondition(
      unitBytes > 0 && line > 0 && byteCount % unitBytes == 0,
      "\(byteCount) bytes in units of \(unitBytes), lines of \(line)")
    (self.byteCount, self.unitBytes, self.line, self.best) = (byteCount, unitBytes, line, best)
    (self.areHere, self.make) = (areHere, make)
  }

  package var count: Int { byteCount / unitBytes }

  func bytes(of units: Range<Int>) -> Int { units.count * unitBytes }

  /// Units from one on that may be made together, in so many bytes if one unit fits them.
  package func units(from start: Int, to end: Int, atMost bytes: Int) -> Range<Int> {
    let (most, place) = (min(max(1, bytes / unitBytes), end - start), start % line)
    if place == 0, most >= line { return start..<start + most / line * line }
    return start..<start + min(most, line - place)
  }

  /// Makes units, wherever they stand among the others: whole lines, or a part of one.
  package func callAsFunction(_ units: Range<Int>) -> [UInt8] {
    let made = make(units)
    precondition(made.count == bytes(of: units), "\(units) in \(made.count) bytes")
    return made
  }

  /// An array of existing bytes.
  init(_ bytes: [UInt8]) {
    self.init(
      byteCount: bytes.count, unitBytes: 1, line: max(1, bytes.count), best: .max, areHere: true
    ) { $0.count == bytes.count ? bytes : Array(bytes[$0]) }
  }

  /// A rectangle of a field's pixels, `[rows, columns, dim]`.
  init(_ field: FeatureField, _ window: Window, _ dtype: FloatFormat) {
    let (pixelBytes, width) = (field.dim * dtype.element.size, window.columns.count)
    self.init(
      byteCount: pixelBytes * width * window.rows.count, unitBytes: pixelBytes, line: width
    ) { pixels in
      let (rows, columns) = pixels.placed(inLinesOf: width)
      var bytes: [UInt8] = []
      dtype.append(
        field, rows: rows.shifted(by: window.rows.lowerBound),
        columns: columns.shifted(by: window.columns.lowerBound), to: &bytes)
      return bytes
    }
  }

  /// A field's vectors at some pixels, `[n, dim]`.
  init(_ field: FeatureField, at points: [Selection.Point], _ dtype: FloatFormat) {
    let vectorBytes = field.dim * dtype.element.size
    self.init(byteCount: vectorBytes * points.count, unitBytes: vectorBytes) { units in
      let vectors = MutableMatrix(rows: units.count, columns: field.dim)
      field.sample(points[units].map { (x: $0.x, y: $0.y) }, into: vectors.all)
      return dtype.bytes(of: vectors.view)
    }
  }

  /// A rectangle of a field's pixels as planes, `[dim, rows, columns]`.
  ///
  /// A finish sees a pixel's dims together, so that all are computed for each few planes; vectors of
  /// length 1 need these planes alone where the lengths before are given.
  init(
    planesOf field: FeatureField, _ window: Window, _ dtype: FloatFormat, lengths: Norms? = nil
  ) {
    precondition(lengths == nil || field.postProcess == .l2, "lengths for another finish")
    let (width, height) = (window.columns.count, window.rows.count)
    let (rowBytes, most) = (width * dtype.element.size, ChunkedArray.planes * ChunkedArray.piece)
    let depth = min(ChunkedArray.planes, field.dim, most / (rowBytes * height))
    self.init(
      byteCount: rowBytes * height * field.dim, unitBytes: rowBytes, line: height,
      best: depth > 0 ? depth * rowBytes * height : most
    ) { units in
      let (channels, rows) = units.placed(inLinesOf: height)
      let theseAlone = field.postProcess == .none || lengths != nil
      let source = theseAlone ? field.finished(.none).channels(channels) : field
      let first = theseAlone ? 0 : channels.lowerBound
      let planes = MutableMatrix(rows: channels.count, columns: rows.count * width)
      var done = 0
      source.forEachPart(
        rows: rows.shifted(by: window.rows.lowerBound), columns: window.columns,
        atMost: max(1, ChunkedArray.part / source.dim)
      ) { pixels in
        let (values, dim) = (pixels.values, pixels.columns)
        for place in 0..<pixels.rows {
          for channel in 0..<channels.count {
            planes[channel, done + place] = values[place * dim + first + channel]
          }
        }
        done += pixels.rows
      }
      if let lengths {
        for place in 0..<planes.columns {
          let (row, column) = place.quotientAndRemainder(dividingBy: width)
          let line = (window.rows.lowerBound + rows.lowerBound + row) * lengths.size.width
          let length = lengths.values[line + window.columns.lowerBound + column]
          guard length != 0 else { continue }
          for channel in 0..<planes.rows { planes[channel, place] /= length }
        }
      }
      return dtype.bytes(of: planes.view)
    }
  }
}

extension Range<Int> {
  /// Units as lines and places in them: whole lines, or places of one.
  fileprivate func placed(inLinesOf length: Int) -> (lines: Range<Int>, places: Range<Int>) {
    let (line, place) = lowerBound.quotientAndRemainder(dividingBy: length)
    if place == 0, count >= length { return (line..<upperBound / length, 0..<length) }
    return (line..<line + 1, place..<place + count)
  }

  fileprivate func shifted(by offset: Int) -> Range<Int> {
    lowerBound + offset..<upperBound + offset
  }
}

/// A rectangle of pixels.
struct Window: Sendable, Hashable {
  let rows: Range<Int>
  let columns: Range<Int>

  var size: Size { Size(width: columns.count, height: rows.count) }
}

extension FloatFormat {
  func bytes(of values: MatrixView) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(values.rows * values.columns * element.size)
    append(values, to: &bytes)
    return bytes
  }
}
