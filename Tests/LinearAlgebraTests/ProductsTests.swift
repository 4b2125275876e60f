import LinearAlgebra
import Support
import Testing

/// The products of blocks inside larger matrices, against plain loops in double precision.
@Suite("Products") struct ProductsTests {
  struct Shape: Sendable, CustomTestStringConvertible {
    let n: Int
    let k: Int
    let m: Int
    var testDescription: String { "\(n) × \(k) × \(m)" }
  }

  static let shapes = [
    Shape(n: 1, k: 1, m: 1), Shape(n: 3, k: 5, m: 2), Shape(n: 17, k: 33, m: 9),
    Shape(n: 64, k: 588, m: 48), Shape(n: 1, k: 70, m: 130), Shape(n: 0, k: 3, m: 4),
    Shape(n: 4, k: 3, m: 0),
  ]

  /// Row-major and its transpose.
  private func operand(_ rows: Int, _ columns: Int, _ seed: Int) -> (FramedBlock, FramedBlock) {
    var chance = SeededNumbers(seed: seed)
    let values = chance.floats(rows * columns)
    let turned = (0..<rows * columns).map { values[$0 % rows * columns + $0 / rows] }
    return (FramedBlock(rows, columns, values), FramedBlock(columns, rows, turned))
  }

  /// |Δ| ≤ 1e-7 · (1 + k).
  @Test(arguments: shapes, [false, true])
  func `all three kinds equal a plain loop`(shape: Shape, adding: Bool) {
    let (n, k, m) = (shape.n, shape.k, shape.m)
    let ((a, turnedA), (b, turnedB)) = (operand(n, k, 1), operand(k, m, 2))
    let before = operand(n, m, 3).0.values
    let (left, right) = (a.values, b.values)
    let expected = (0..<n * m).map { index in
      let sum = (0..<k).reduce(0.0) {
        $0 + Double(left[index / m * k + $1]) * Double(right[$1 * m + index % m])
      }
      return 0.75 * sum + (adding ? Double(before[index]) : 0)
    }
    let plain = FramedBlock(n, m, before)
    multiply(a.view, by: b.view, into: plain.all, scale: 0.75, adding: adding)
    let second = FramedBlock(n, m, before)
    multiply(a.view, transposed: turnedB.view, into: second.all, scale: 0.75, adding: adding)
    let first = FramedBlock(n, m, before)
    multiply(transposed: turnedA.view, by: b.view, into: first.all, scale: 0.75, adding: adding)
    for result in [plain, second, first] {
      #expect(worst(result.values, expected) <= 1e-7 * Double(1 + k))
      #expect(result.isFrameIntact)
    }
  }

  @Test func `what was there is overwritten, even if it was no number`() {
    let result = FramedBlock(2, 2)
    multiply(
      Matrix(rows: 2, columns: 1, [1, 2]).all, by: Matrix(rows: 1, columns: 2, [3, 4]).all,
      into: result.all)
    #expect(result.values == [3, 4, 6, 8])
  }
}
