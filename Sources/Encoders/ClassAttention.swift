package import Imaging
package import LinearAlgebra

/// The class token's relation to each patch in one block, per head, of every requested kind.
package struct ClassAttention: Sendable {
  package enum Kind: String, Sendable, Hashable, Codable, CaseIterable {
    /// The softmax weights of the class token's query over the keys.
    ///
    /// Those of other tokens are omitted, without rescaling the rest.
    case softmax
    /// The dot product of the class token's attention output with each patch's value. Source:
    /// HR-Dv2.
    case output
    /// The sum of the patch's own projection over the head. Source: HR-Dv2.
    case query, key, value
  }

  package let grid: Grid
  /// `[grid, kinds · heads]`, the kinds in the order of their cases.
  package let values: Matrix

  package init(grid: Grid, values: Matrix) {
    precondition(
      grid.count == values.rows && values.columns % Kind.allCases.count == 0,
      "\(values.rows) × \(values.columns) values, \(grid)")
    self.grid = grid
    self.values = values
  }

  /// The empty value of a model without a class token.
  package static func none(_ grid: Grid) -> ClassAttention {
    ClassAttention(grid: grid, values: Matrix(rows: grid.count, columns: 0))
  }

  package var heads: Int { values.columns / Kind.allCases.count }

  /// One kind, `[grid, heads]`.
  package subscript(kind: Kind) -> FeatureMap {
    let first = (Kind.allCases.firstIndex(of: kind) ?? 0) * heads
    let vectors = MutableMatrix(rows: grid.count, columns: heads)
    vectors.all.copy(values[rows: 0..<grid.count, columns: first..<first + heads])
    return FeatureMap(grid: grid, vectors: vectors.frozen())
  }
}
