import Tensors
package import Fields

extension FloatFormat {
  /// Appends a field's pixels in some rows and columns, little-endian, row after row.
  ///
  /// They are made a few hundred at a time, so that they are in a cache when they are written out.
  package func append(
    _ field: FeatureField, rows: Range<Int>, columns: Range<Int>, to bytes: inout [UInt8]
  ) {
    bytes.reserveCapacity(
      bytes.count + rows.count * columns.count * field.dim * element.size)
    let pixels = max(1, FloatFormat.partValues / field.dim)
    field.forEachPart(rows: rows, columns: columns, atMost: pixels) { append($0, to: &bytes) }
  }

  /// Values made at once, roughly: what a second-level cache holds beside what they are made of.
  private static let partValues = 1 << 16
}
