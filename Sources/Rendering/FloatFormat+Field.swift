import Tensors
package import Fields

extension FloatFormat {
  /// Appends a field's pixels in some rows and columns, little-endian, in row-major order.
  ///
  /// They are computed a few hundred at a time, so that they are still in a cache when they are
  /// written.
  package func append(
    _ field: FeatureField, rows: Range<Int>, columns: Range<Int>, to bytes: inout [UInt8]
  ) {
    bytes.reserveCapacity(
      bytes.count + rows.count * columns.count * field.dim * element.size)
    let pixels = max(1, FloatFormat.partValues / field.dim)
    field.forEachPart(rows: rows, columns: columns, atMost: pixels) { append($0, to: &bytes) }
  }

  /// The approximate number of values computed at once: what a second-level cache holds with their
  /// inputs.
  private static let partValues = 1 << 16
}
