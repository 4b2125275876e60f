import Analysis
import Imaging
import LinearAlgebra
import Support
import Testing

@Suite("Normalised cuts") struct TokenCutTests {
  private struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let isCentred: Bool
    let threshold: Float
    let edges: TokenCut.Edges

    var testDescription: String { name }
  }

  private static let cases = [
    Case(name: "centred_tau02", isCentred: true, threshold: 0.2, edges: .binary),
    Case(name: "centred_tau00", isCentred: true, threshold: 0, edges: .binary),
    Case(name: "centred_weighted_tau00", isCentred: true, threshold: 0, edges: .weighted),
    Case(name: "tokens_weighted_tau02", isCentred: false, threshold: 0.2, edges: .weighted),
  ]

  /// Two vectors' relative distance, whatever their signs and lengths.
  static func distance(_ a: [Double], _ b: [Double]) -> Double {
    func dot(_ x: [Double], _ y: [Double]) -> Double { zip(x, y).reduce(0) { $0 + $1.0 * $1.1 } }
    let (la, lb) = (dot(a, a).squareRoot(), dot(b, b).squareRoot())
    let sign: Double = dot(a, b) < 0 ? -1 : 1
    return zip(a, b).reduce(0) {
      let gap = $1.0 / la - sign * $1.1 / lb
      return $0 + gap * gap
    }.squareRoot()
  }

  @Test(arguments: cases)
  private func `TokenCut: vector, eigenvalues, sides, object equal the published code's`(
    one: Case
  ) throws {
    guard let golden = try Fixture.shared("golden/analysis/tokencut.safetensors"),
      let tokens = try CellVectors.golden()
    else { return }
    let cut = try TokenCut(
      of: one.isCentred ? tokens.centred : tokens, threshold: one.threshold, edges: one.edges,
      workers: ThreadPool(count: 2))
    let error = Self.distance(cut.vector, try golden.doubles("\(one.name)_vector64"))
    let values = try golden.doubles("\(one.name)_eigenvalues64")
    let gap = zip(cut.eigenvalues, values).map { ($0 - $1).magnitude }.max() ?? 1
    let box = try #require(cut.object.box)
    let corners = [
      box.columns.lowerBound, box.rows.lowerBound, box.columns.upperBound, box.rows.upperBound,
    ].map { 14 * $0 }
    #expect(FixtureTable.row("tokencut", "\(one.name)_vector64", error, within: 1e-4))
    #expect(FixtureTable.row("tokencut", "\(one.name)_eigenvalues64", gap, within: 1e-6))
    // What the published code itself made, in float32 where edges are weighted.
    let single = Self.distance(cut.vector, try golden.numbers("\(one.name)_vector"))
    #expect(FixtureTable.row("tokencut", "\(one.name)_vector", single, within: 1e-4))
    for (key, found, scale) in [
      ("eigenvalues", cut.eigenvalues, 1.0), ("degree", cut.degrees, 1369),
      ("box", corners.map { Double($0) }, 1),
    ] {
      let expected = try golden.numbers("\(one.name)_\(key)")
      let away = zip(found, expected).map { ($0 - $1).magnitude / scale }.max() ?? 1
      #expect(FixtureTable.row("tokencut", "\(one.name)_\(key)", away, within: 1e-6))
    }
    var equal = [
      ("bipartition64", cut.partition.cells.map { $0 ? 1 : 0 }),
      ("component", cut.object.cells.map { $0 ? 1 : 0 }),
      ("bipartition", cut.partition.cells.map { $0 ? 1 : 0 }),
      ("box64", corners),
    ]
    // Two cells of the unweighted graph at 0 stand out by nearly the same.
    if one.name != "centred_tau00" {
      equal += [("seed64", [cut.seed]), ("seed", [cut.seed])]
    }
    for (key, found) in equal {
      let expected = try golden.integers("\(one.name)_\(key)")
      #expect(FixtureTable.row("tokencut", "\(one.name)_\(key)", found, equal: expected))
    }
  }

  @Test func `TokenCut: a complete graph, and one without edges, have no contrast`() throws {
    let grid = Grid(rows: 4, columns: 5)
    let same = CellVectors(
      grid: grid, vectors: Matrix(rows: 20, columns: 3, (0..<60).map { Float($0 % 3 + 1) }))
    for cells in [same, same.centred] {
      #expect(throws: AnalysisError.noContrast) { try TokenCut(of: cells, workers: nil) }
    }
    guard let tokens = try CellVectors.golden() else { return }
    #expect(throws: AnalysisError.noContrast) { try TokenCut(of: tokens, workers: nil) }
    // The published code goes on, with a vector that means nothing: all other eigenvalues are one.
    guard let golden = try Fixture.shared("golden/analysis/tokencut.safetensors") else { return }
    let degrees = try golden.doubles("tokens_tau02_degree").filter { $0 < 1369 }.count
    #expect(
      FixtureTable.row("tokencut", "tokens_tau02_degree, refused", Double(degrees), within: 0))
    let values = try golden.doubles("tokens_tau02_eigenvalues").dropFirst()
    let away = values.map { abs($0 - 1) }.max() ?? 1
    #expect(
      FixtureTable.row("tokencut", "tokens_tau02_eigenvalues, refused", away, within: 1e-6))
  }

  @Test func `TokenCut: a square of cells on other cells is the object`() throws {
    let square = squares(in: Grid(rows: 12, columns: 15), [(3, 4, 4, 5)])
    let cut = try TokenCut(of: square.cells.centred, workers: nil)
    #expect(cut.object.cells == square.inside)
    let one = try TokenCut(of: square.cells.centred, workers: ThreadPool(count: 3))
    #expect(one.vector == cut.vector)
  }

  @Test func `TokenCut: it stops when it is asked to`() {
    let cells = squares(in: Grid(rows: 12, columns: 15), [(3, 4, 4, 5)]).cells.centred
    #expect(throws: CancellationError.self) {
      try TokenCut(of: cells, workers: nil) { true }
    }
  }

  @Test(arguments: ["centred", "tokens"])
  func `DeepSpectral: eigenvalues and vectors equal the published code's`(name: String) throws {
    guard let golden = try Fixture.shared("golden/analysis/deep_spectral.safetensors"),
      let tokens = try CellVectors.golden()
    else { return }
    let found = try DeepSpectral(
      of: name == "centred" ? tokens.centred : tokens, count: 5, workers: nil)
    let values = try golden.doubles("\(name)_eigenvalues")
    let vectors = try golden.doubles("\(name)_vectors")
    for i in 0..<5 {
      let expected = Array(vectors[i * 1369..<(i + 1) * 1369])
      let error = Self.distance(found.vectors[i], expected)
      let gap = (found.eigenvalues[i] - values[i]).magnitude
      #expect(
        FixtureTable.row("deep_spectral", "\(name)_eigenvalues \(i)", gap, within: 1e-6))
      #expect(FixtureTable.row("deep_spectral", "\(name)_vectors \(i)", error, within: 1e-4))
    }
    #expect(
      found.object.cells
        == vectors[1369..<2 * 1369].map { $0 > 0 }, "of another sign than the published one")
  }

  @Test func `DeepSpectral: three kinds of cells are three segments`() throws {
    let cells = squares(in: Grid(rows: 12, columns: 16), [(0, 0, 12, 4), (0, 8, 12, 5)]).cells
    #expect(try DeepSpectral(of: cells, count: 6, workers: nil).segments == 3)
  }

  /// Squares of cells, given as row, column, rows and columns, each with a vector of its own.
  func squares(
    in grid: Grid, _ parts: [(Int, Int, Int, Int)]
  ) -> (cells: CellVectors, inside: [Bool]) {
    var numbers = CounterGenerator(seed: 3)
    var inside = [Bool](repeating: false, count: grid.count)
    var values: [Float] = []
    for cell in 0..<grid.count {
      let (row, column) = (cell / grid.columns, cell % grid.columns)
      let part = parts.firstIndex {
        ($0.0..<$0.0 + $0.2).contains(row) && ($0.1..<$0.1 + $0.3).contains(column)
      }
      inside[cell] = part != nil
      for k in 0..<4 {
        values.append(Float(0.05 * numbers.next()) + (k == (part ?? -1) + 1 ? 1 : 0))
      }
    }
    return (CellVectors(grid: grid, vectors: Matrix(rows: grid.count, columns: 4, values)), inside)
  }
}

extension Fixture {
  /// Of float64 or float32.
  func numbers(_ name: String) throws -> [Double] {
    try (try? doubles(name)) ?? floats(name).map { Double($0) }
  }
}
