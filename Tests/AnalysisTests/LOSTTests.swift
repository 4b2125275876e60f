import Analysis
import Imaging
import LinearAlgebra
import Support
import Testing

@Suite("LOST and MOST") struct LOSTTests {
  @Test func `LOST: degrees, seed, similar cells, map and box equal the published code's`() throws {
    guard let golden = try Fixture.shared("golden/analysis/lost.safetensors"),
      let tokens = try CellVectors.golden()
    else { return }
    for (name, cells) in [("centred", tokens.centred), ("tokens", tokens)] {
      let found = try LOST(any: cells, workers: ThreadPool(count: 2))
      #expect(
        FixtureTable.row(
          "lost", "\(name)_degree", found.degrees, equal: try golden.integers("\(name)_degree")))
      // Where all degrees are equal the fixture has the rule of ours: the lowest index.
      for (key, cells) in [
        ("potentials", found.potentials), ("seed", [found.seed]), ("similars", found.similar),
      ] {
        let expected = try golden.integers("\(name)_\(key)")
        #expect(FixtureTable.row("lost", "\(name)_\(key)", cells, equal: expected))
      }
      let map = try golden.floats("\(name)_map")
      let size = map.map { $0.magnitude }.max() ?? 1
      let error = zip(found.map, map).map { ($0 - Double($1)).magnitude }.max() ?? 1
      #expect(
        FixtureTable.row("lost", "\(name)_map, relative", error / Double(size), within: 1e-5))
      #expect(
        FixtureTable.row(
          "lost", "\(name)_component", found.object.cells,
          equal: try golden.integers("\(name)_component").map { $0 == 1 }))
      let box = try #require(found.object.box)
      let corners = [
        box.columns.lowerBound, box.rows.lowerBound, box.columns.upperBound, box.rows.upperBound,
      ].map { 14 * Double($0) }
      #expect(
        FixtureTable.row(
          "lost", "\(name)_box", corners, equal: try golden.doubles("\(name)_box")))
    }
    #expect(throws: AnalysisError.noContrast) { try LOST(of: tokens, workers: nil) }
  }

  @Test func `MOST: the shared micrograph has no seeds; uncentred it has no contrast`() throws {
    guard let tokens = try CellVectors.golden() else { return }
    let found = try MOST(of: tokens.centred, cell: 14, workers: ThreadPool(count: 2))
    #expect(found.seeds.isEmpty && found.objects.isEmpty)
    #expect(throws: AnalysisError.noContrast) { try MOST(of: tokens, cell: 14, workers: nil) }
  }

  @Test func `MOST: two squares of cells of their own are two objects`() throws {
    let squares = TokenCutTests().squares(
      in: Grid(rows: 16, columns: 18), [(2, 2, 4, 4), (9, 10, 5, 4)])
    let found = try MOST(of: squares.cells.centred, cell: 14, workers: nil)
    // As the entropies of counted distinct values have them, and DBSCAN their groups.
    #expect(found.seeds.count == 36 && found.seeds.reduce(0, +) == 5254)
    #expect(found.objects.map { $0.box?.rows } == [2..<6, 9..<14])
    #expect(found.objects.map { $0.box?.columns } == [2..<6, 10..<14])
  }
}
