import Tensors
import Fields
import Imaging
import LinearAlgebra
import Rendering

/// An array whose elements are computed in pieces on demand, as bytes in the array's own order.
package struct ChunkedArray: Sendable {
  /// The approximate bytes of a piece.
  static let piece = 1 << 21
  /// The maximum number of channels per piece, for planar arrays.
  static let planes = 8
  /// Values of pixels computed at a time before they are rearranged.
  private static let part = 1 << 16

  let byteCount: Int
  /// Bytes of every piece but the last, which may be shorter.
  let pieceBytes: Int
  private let make: @Sendable (Int) -> [UInt8]

  /// Creates an array; `make` computes a piece on the calling thread.
  package init(
    byteCount: Int, pieceBytes: Int, make: @escaping @Sendable (Int) -> [UInt8]
  ) {
    self.byteCount = byteCount
    self.pieceBytes = max(pieceBytes, 1)
    self.make = make
  }

  var count: Int { (byteCount + pieceBytes - 1) / pieceBytes }

  /// Computes a piece, independently of the others.
  func callAsFunction(_ piece: Int) -> [UInt8] {
    let bytes = make(piece)
    precondition(
      bytes.count == min(pieceBytes, byteCount - piece * pieceBytes),
      "piece \(piece) of \(bytes.count) bytes")
    return bytes
  }

  /// An array of existing bytes.
  init(_ bytes: [UInt8]) {
    self.init(byteCount: bytes.count, pieceBytes: bytes.count) { _ in bytes }
  }

  /// A rectangle of a field's pixels, `[rows, columns, dim]`.
  init(_ field: FeatureField, _ window: Window, _ dtype: FloatFormat) {
    let rowBytes = window.columns.count * field.dim * dtype.element.size
    let height = max(1, ChunkedArray.piece / max(rowBytes, 1))
    self.init(byteCount: rowBytes * window.rows.count, pieceBytes: rowBytes * height) { piece in
      let first = window.rows.lowerBound + piece * height
      let rows = first..<min(first + height, window.rows.upperBound)
      var bytes: [UInt8] = []
      dtype.append(field, rows: rows, columns: window.columns, to: &bytes)
      return bytes
    }
  }

  /// A field's vectors at some pixels, `[n, dim]`.
  init(_ field: FeatureField, at points: [Selection.Point], _ dtype: FloatFormat) {
    let rowBytes = field.dim * dtype.element.size
    let height = max(1, ChunkedArray.piece / rowBytes)
    self.init(byteCount: rowBytes * points.count, pieceBytes: rowBytes * height) { piece in
      let part = points[piece * height..<min((piece + 1) * height, points.count)]
      let vectors = Matrix(rows: part.count, columns: field.dim)
      field.sample(part.map { (x: $0.x, y: $0.y) }, into: vectors.all)
      return dtype.bytes(of: vectors)
    }
  }

  /// A rectangle of a field's pixels as planes, `[dim, rows, columns]`.
  init(planesOf field: FeatureField, _ window: Window, _ dtype: FloatFormat) {
    let area = window.rows.count * window.columns.count
    let planeBytes = area * dtype.element.size
    let depth = max(
      1, min(ChunkedArray.planes, field.dim, ChunkedArray.planes * ChunkedArray.piece / planeBytes))
    self.init(byteCount: planeBytes * field.dim, pieceBytes: planeBytes * depth) { piece in
      let channels = piece * depth..<min((piece + 1) * depth, field.dim)
      // Post-processing needs all channels of a pixel: then all are computed, and these are kept.
      let source = field.postProcess == .none ? field.channels(channels) : field
      let first = field.postProcess == .none ? 0 : channels.lowerBound
      let planes = Matrix(rows: channels.count, columns: area)
      var done = 0
      source.forEachPart(
        rows: window.rows, columns: window.columns, atMost: max(1, ChunkedArray.part / source.dim)
      ) { pixels in
        let (values, dim) = (pixels.values, pixels.columns)
        for place in 0..<pixels.rows {
          for channel in 0..<channels.count {
            planes[channel, done + place] = values[place * dim + first + channel]
          }
        }
        done += pixels.rows
      }
      return dtype.bytes(of: planes)
    }
  }
}

/// A rectangle of pixels.
struct Window: Sendable, Hashable {
  let rows: Range<Int>
  let columns: Range<Int>

  var size: Size { Size(width: columns.count, height: rows.count) }
}

extension FloatFormat {
  func bytes(of values: Matrix) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(values.count * element.size)
    append(values.all, to: &bytes)
    return bytes
  }
}
