package import LinearAlgebra

/// What an encoder sees: red, green and blue, normalised, whole patches in both directions.
package struct InputPlanes: Sendable {
  package let size: Size
  /// `[3, height · width]`.
  package let planes: Matrix

  package init(size: Size, planes: Matrix) {
    precondition(
      planes.rows == 3 && planes.columns == size.width * size.height,
      "[\(planes.rows), \(planes.columns)] for \(size)")
    self.size = size
    self.planes = planes
  }
}
