import Encoders
import Fields
import Imaging
import LinearAlgebra
import Testing

@Suite("Pages of fields") struct FieldPagesTests {
  /// Fields of equal views, and the pixels of all one after another.
  private func pages(_ count: Int, dim: Int) -> (fields: [FeatureField], pixels: Matrix) {
    let fields = (0..<count).map { page in
      let field = Fixture.field(width: 20, height: 13, patch: 5, stride: 3, dim: dim)
      // Each page in other places and directions.
      var turn = Chance(state: UInt64(page + 1))
      let map = turn.matrix(dim, dim)
      return field.projected(onto: map, bias: (0..<dim).map { Float($0 * page) })
    }
    let values = fields.flatMap { $0.materialised().values }
    return (fields, Matrix(rows: values.count / dim, columns: dim, values))
  }

  @Test(arguments: [1, 2, 5], [3, 9])
  func `Covariance sum: the components are those of all pixels of all fields`(
    count: Int, dim: Int
  ) throws {
    let (fields, pixels) = pages(count, dim: dim)
    var sum = CovarianceSum(dim: dim)
    for field in fields { sum.add(field) }
    let basis = try sum.basis()
    let (mean, values) = covariance(of: pixels)
    let largest = (0..<dim).reduce(0) { max($0, values[$1 * (dim + 1)]) }
    for k in 0..<dim { #expect(abs(Double(basis.mean[k]) - mean[k]) < 1e-5) }
    for i in 0..<dim {
      for j in 0..<dim {
        let again = (0..<dim).reduce(0.0) {
          $0 + basis.eigenvalues[$1] * Double(basis.components[$1, i])
            * Double(basis.components[$1, j])
        }
        #expect(abs(again - values[i * dim + j]) <= 2e-5 * largest, "[\(i), \(j)]")
      }
    }
  }

  @Test func `Field pages: each has the pixels of the field that it was made of, to the bit`() {
    let (fields, _) = pages(4, dim: 3)
    var pages = FieldPages(repeating: fields[3], count: 4)
    for (page, field) in fields.enumerated() { pages[page] = field }
    for (page, field) in fields.enumerated() {
      #expect(areSame(pages[page].materialised().values, field.materialised().values))
    }
    let cells = fields[0].terms.reduce(0) { $0 + $1.map.grid.count }
    #expect(pages.count == 4 && pages.bytes == 4 * 4 * 3 * cells)
  }
}
