import Foundation
import LinearAlgebra
import Support
import Testing

@Suite("Relative attention") struct RelativeAttentionTests {
  /// Rows, columns, and values of a head.
  static let shapes = [(1, 1, 4), (3, 5, 8), (14, 14, 16), (9, 20, 8)]

  /// |Δ| ≤ 1e-5 where values are around 1.
  @Test(arguments: shapes)
  func `queries find what a plain loop finds, whatever block they are in`(
    rows: Int, columns: Int, dim: Int
  ) {
    var chance = SeededNumbers(seed: 23)
    func random(_ rows: Int) -> Matrix {
      Matrix(rows: rows, columns: dim, chance.floats(rows * dim))
    }
    let count = rows * columns
    let (queries, keys, values) = (random(count), random(count), random(count))
    let (vertical, horizontal) = (random(2 * rows - 1), random(2 * columns - 1))
    let attention = RelativeAttention(
      rows: rows, columns: columns, vertical: vertical, horizontal: horizontal)
    // Memory for larger grids serves smaller ones.
    let scratch = RelativeAttention.Scratch(keys: count + 7, side: max(rows, columns) + 3)
    let result = MutableMatrix(rows: count, columns: dim)
    for block in Blocks(of: count, atMost: 37).ranges {
      attention(
        queries[rows: block], from: block.lowerBound, keys.all, values.all,
        into: result[rows: block], scratch)
    }
    for query in 0..<count {
      let expected = found(by: query, queries, keys, values, vertical, horizontal, rows, columns)
      for (column, value) in expected.enumerated() {
        #expect(abs(Double(result[query, column]) - value) <= 1e-5)
      }
    }
  }

  private func found(
    by query: Int, _ queries: Matrix, _ keys: Matrix, _ values: Matrix, _ vertical: Matrix,
    _ horizontal: Matrix, _ rows: Int, _ columns: Int
  ) -> [Double] {
    func dot(_ a: [Float], _ b: [Float]) -> Double {
      zip(a, b).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let q = queries.row(query)
    let (y, x) = (query / columns, query % columns)
    let weights = (0..<keys.rows).map { key in
      exp(
        dot(q, keys.row(key)) / Double(q.count).squareRoot()
          + dot(q, vertical.row(y - key / columns + rows - 1))
          + dot(q, horizontal.row(x - key % columns + columns - 1)))
    }
    let total = weights.reduce(0, +)
    return q.indices.map { column in
      zip(weights, 0..<values.rows).reduce(0) {
        $0 + $1.0 / total * Double(values[$1.1, column])
      }
    }
  }
}
