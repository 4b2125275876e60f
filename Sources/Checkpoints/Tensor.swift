package import LinearAlgebra

/// A tensor while a loader arranges what a layer keeps of it.
///
/// In a recording it has a shape and no values, as on PyTorch's `meta` device: what is made of it
/// has a shape and no values either, and costs nothing.
package struct Tensor: Sendable {
  package let shape: [Int]
  /// In C order; `nil` in a recording.
  package let values: [Float]?

  init(_ shape: [Int], _ values: [Float]?) {
    (self.shape, self.values) = (shape, values)
  }

  /// What `body` makes of other tensors' values, as many as the shape has.
  package init(_ shape: [Int], of parts: [Tensor], _ body: ([[Float]]) -> [Float]) {
    let values = parts.compactMap(\.values)
    guard values.count == parts.count else {
      self.init(shape, nil)
      return
    }
    let made = body(values)
    precondition(made.count == shape.reduce(1, *), "\(made.count) values, \(shape)")
    self.init(shape, made)
  }

  /// As many rows of equal length, by default one for each index of the first axis; an empty matrix
  /// in a recording.
  package func matrix(rows: Int? = nil) -> Matrix {
    guard let values else { return Matrix(rows: 0, columns: 0) }
    let rows = rows ?? shape.first ?? 1
    let columns = rows == 0 ? 0 : values.count / rows
    precondition(rows * columns == values.count, "\(shape) in \(rows) rows")
    return Matrix(rows: rows, columns: columns, values)
  }
}
