import LinearAlgebra
import Testing

@Suite("Symmetric eigen-decomposition") struct SymmetricEigenTests {
  /// A symmetric matrix with entries of both signs.
  private func matrix(_ order: Int) -> [Double] {
    (0..<order * order).map {
      let (i, j) = (min($0 / order, $0 % order), max($0 / order, $0 % order))
      return Double((i * 31 + j * 17 + i * j) % 13) - 6
    }
  }

  @Test(arguments: [1, 2, 3, 8, 40, 130])
  func `values and vectors make the matrix again`(order: Int) throws {
    let a = matrix(order)
    let eigen = try SymmetricEigen(of: a, order: order)
    #expect(eigen.values == eigen.values.sorted(by: >))
    let vectors = (0..<order).map { eigen.vector($0) }
    for i in 0..<order {
      for j in 0..<order {
        let again = (0..<order).reduce(0.0) {
          $0 + eigen.values[$1] * vectors[$1][i] * vectors[$1][j]
        }
        try #require(abs(again - a[i * order + j]) <= 1e-10 * Double(order))
        let product = zip(vectors[i], vectors[j]).reduce(0.0) { $0 + $1.0 * $1.1 }
        try #require(abs(product - (i == j ? 1 : 0)) <= 1e-12 * Double(order))
      }
    }
  }

  @Test func `only the upper triangle is read`() throws {
    let found = try SymmetricEigen(of: [2, 1, 99, 2], order: 2)
    #expect(abs(found.values[0] - 3) < 1e-14 && abs(found.values[1] - 1) < 1e-14)
  }

  @Test(arguments: [Double.nan, .infinity])
  func `an entry that is no number is refused`(entry: Double) {
    #expect(throws: SymmetricEigen.Failure.notFinite) {
      try SymmetricEigen(of: [1, entry, entry, 1], order: 2)
    }
  }
}
