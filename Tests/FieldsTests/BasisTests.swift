import Encoders
import Fields
import Imaging
import LinearAlgebra
import Testing

@Suite("Basis") struct BasisTests {
  /// The remainder where views of values near 1 cancel, as over an image of one patch.
  private let roundoff = 5e-8

  @Test(arguments: 0..<60)
  func `Covariance: mean and eigenvalues from the grids are those of all pixels`(seed: Int) throws {
    let field = try Scenario(seed: seed, dims: [1, 4, 9]).field
    let (mean, values) = covariance(of: field.materialised())
    let found = try Basis(of: field).first(field.dim)
    for (a, b) in zip(found.mean, mean) { #expect(abs(Double(a) - b) <= 1e-5) }
    let expected = try SymmetricEigen(of: values, order: field.dim).values
    for (a, b) in zip(found.eigenvalues, expected) {
      #expect(abs(a - b) <= 1e-5 * expected[0] + roundoff)
    }
    // The whole covariance, as reconstructed from components and eigenvalues.
    for i in 0..<field.dim {
      for j in 0..<field.dim {
        let again = (0..<field.dim).reduce(0.0) {
          $0 + found.eigenvalues[$1] * Double(found.components[$1, i])
            * Double(found.components[$1, j])
        }
        #expect(abs(again - values[i * field.dim + j]) <= 1e-5 * expected[0] + roundoff)
      }
    }
  }

  @Test(arguments: 0..<60, Covariance.Way.allCases)
  func `Covariance: either way gives that of all pixels`(seed: Int, way: Covariance.Way) throws {
    let field = try Scenario(seed: seed, dims: [1, 4, 70]).field
    let dim = field.dim
    let (_, values) = covariance(of: field.materialised())
    let found = Covariance(of: field, by: way)
    let largest = (0..<dim).reduce(0) { max($0, values[$1 * (dim + 1)]) }
    for i in 0..<dim {
      for j in i..<dim {
        let error = abs(found.values[i * dim + j] - values[i * dim + j])
        try #require(error <= 1e-5 * largest + roundoff, "[\(i), \(j)]")
      }
    }
  }

  @Test(arguments: Covariance.Way.allCases)
  func `Covariance: many blocks give the same bits with any number of threads`(way: Covariance.Way)
  {
    let field = Fixture.field(
      Size(width: 150, height: 160), 14, 5, .nearest, .image, 140, Fixture.moore)
    let alone = Covariance(of: field, by: way).values
    for count in 1...3 {
      let workers = ThreadPool(count: count)
      defer { workers.close() }
      #expect(areSame(Covariance(of: field, by: way, workers: workers).values, alone))
    }
  }

  @Test(arguments: 0..<20)
  func `Basis: scores have mean zero and the eigenvalues as variances`(seed: Int) throws {
    let field = try Scenario(seed: seed, dims: [9]).field
    let principal = try Basis(of: field).first(3)
    let (mean, values) = covariance(of: field.projected(onto: principal).materialised())
    for i in 0..<3 {
      #expect(abs(mean[i]) <= 2e-6)
      for j in 0..<3 {
        let expected = i == j ? principal.eigenvalues[i] : 0
        #expect(abs(values[i * 3 + j] - expected) <= 1e-5 * principal.eigenvalues[0] + roundoff)
      }
    }
  }

  @Test func `Basis: a mean far from zero costs no precision`() throws {
    let field = Fixture.field(width: 30, height: 40, patch: 6, stride: 4, dim: 4)
    let near = try Basis(of: field).first(4)
    let identity = Matrix(
      rows: 4, columns: 4, [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1])
    let far = try Basis(of: field.projected(onto: identity, bias: [100, 0, -300, 5]))
    for (a, b) in zip(near.eigenvalues, far.eigenvalues) {
      #expect(abs(a - b) <= 2e-4 * near.eigenvalues[0])
    }
  }

  @Test(arguments: 0..<10)
  func `Basis: each component's largest loading is positive`(seed: Int) throws {
    let principal = try Basis(of: Scenario(seed: seed, dims: [9]).field).first(9)
    for index in 0..<9 {
      let loadings = principal.components.row(index)
      let largest = try #require(loadings.max { abs($0) < abs($1) })
      #expect(largest > 0)
      #expect(abs(loadings.reduce(0) { $0 + $1 * $1 } - 1) < 1e-5)
    }
  }

  @Test func `Basis: components are the same bits with any number of threads`() throws {
    let field = Fixture.field(
      Size(width: 90, height: 120), 14, 9, .bilinear, .patches, 70,
      [View(), View(flipsRows: true), View(flipsColumns: true), View(down: 3, flipsRows: true)])
    let alone = try Basis(of: field).first(5)
    for count in 1...3 {
      let workers = ThreadPool(count: count)
      defer { workers.close() }
      let found = try Basis(of: field, workers: workers).first(5)
      #expect(areSame(found.components.values, alone.components.values))
      #expect(found.eigenvalues == alone.eigenvalues)
      #expect(found.mean == alone.mean)
    }
  }

  @Test(arguments: 0..<20)
  func `Basis: the first components are those of the whole basis, and their scores too`(seed: Int)
    throws
  {
    let field = try Scenario(seed: seed, dims: [9, 20]).field
    let basis = try Basis(of: field)
    #expect(basis.components.rows == field.dim && basis.eigenvalues.count == field.dim)
    let all = field.projected(onto: basis).materialised()
    for count in [1, 3, 9] {
      let first = basis.first(count)
      #expect(first.mean == basis.mean)
      #expect(first.eigenvalues == Array(basis.eigenvalues.prefix(count)))
      #expect(first.components.values == basis.components[rows: 0..<count].values)
      let scores = field.projected(onto: first).materialised()
      for row in 0..<all.rows {
        for k in 0..<count { try #require(abs(scores[row, k] - all[row, k]) <= 1e-5) }
      }
    }
  }

  @Test func `Basis: one field's basis can be used for another`() throws {
    let (one, other) = (
      try Scenario(seed: 4, dims: [9]).field, try Scenario(seed: 5, dims: [9]).field
    )
    let basis = try Basis(of: one).first(3)
    let (pixels, scores) = (other.materialised(), other.projected(onto: basis).materialised())
    for row in 0..<pixels.rows {
      for k in 0..<3 {
        let expected = (0..<9).reduce(0.0) {
          $0 + Double(basis.components[k, $1]) * Double(pixels[row, $1] - basis.mean[$1])
        }
        try #require(abs(Double(scores[row, k]) - expected) <= 1e-5)
      }
    }
  }

  @Test func `Basis: there are no more components than dimensions`() throws {
    let field = Fixture.field(width: 28, height: 28, patch: 14, stride: 7, dim: 3)
    #expect(try Basis(of: field).first(10).eigenvalues.count == 3)
  }

  @Test func `Basis: features that are not finite are refused`() throws {
    let field = Fixture.field(width: 28, height: 28, patch: 14, stride: 7, dim: 3)
      .projected(onto: Matrix(rows: 3, columns: 3, [1, 0, 0, 0, 1, 0, 0, 0, .nan]))
    #expect(throws: SymmetricEigen.Failure.notFinite) {
      try Basis(of: field).first(1)
    }
  }
}
