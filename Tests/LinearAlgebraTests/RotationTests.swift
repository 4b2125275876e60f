import Foundation
import LinearAlgebra
import Support
import Testing

@Suite("Rotation") struct RotationTests {
  /// Heads, pairs of a head, and rows.
  static let shapes = [(1, 1, 1), (2, 3, 5), (6, 32, 40)]

  private func rotation(_ angles: [[Float]]) -> Rotation {
    let pairs = angles[0].count
    return Rotation(
      cosines: Matrix(rows: angles.count, columns: pairs, angles.flatMap { $0.map { cos($0) } }),
      sines: Matrix(rows: angles.count, columns: pairs, angles.flatMap { $0.map { sin($0) } }))
  }

  @Test(arguments: shapes)
  func `each head's pairs are turned as a plain loop turns them, and back`(
    heads: Int, pairs: Int, rows: Int
  ) {
    var chance = SeededNumbers(seed: 17)
    let angles = (0..<rows).map { _ in chance.floats(pairs).map { 9 * $0 } }
    let x = Matrix(rows: rows, columns: 2 * pairs * heads, chance.floats(rows * 2 * pairs * heads))
    let (y, again) = (
      MutableMatrix(rows: rows, columns: x.columns),
      MutableMatrix(rows: rows, columns: x.columns)
    )
    // Some rows alone take their own angles.
    for part in [0..<rows / 2, rows / 2..<rows] {
      rotation(angles).turn(x[rows: part], part, into: y[rows: part])
    }
    rotation(angles.map { $0.map { -$0 } }).turn(y.view, 0..<rows, into: again.all)
    for row in 0..<rows {
      for column in 0..<x.columns {
        let (head, place) = (column / (2 * pairs), column % (2 * pairs))
        let (pair, start) = (place % pairs, head * 2 * pairs)
        let (a, b) = (Double(x[row, start + pair]), Double(x[row, start + pair + pairs]))
        let angle = Double(angles[row][pair])
        let expected =
          place < pairs ? a * cos(angle) - b * sin(angle) : b * cos(angle) + a * sin(angle)
        #expect(abs(Double(y[row, column]) - expected) <= 1e-5)
        #expect(abs(again[row, column] - x[row, column]) <= 1e-5)
      }
    }
  }
}
