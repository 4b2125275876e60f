import Analysis
import Imaging
import LinearAlgebra
import Support
import Testing

@Suite("Correspondences") struct CorrespondencesTests {
  @Test(arguments: ["rows", "columns"])
  func `Correspondences: nearest cells and pairs equal the published code's`(name: String) throws {
    guard let golden = try Fixture.shared("golden/analysis/correspondences.safetensors"),
      let tokens = try CellVectors.golden()
    else { return }
    let (a, b) =
      name == "rows"
      ? (tokens.cut(rows: 0..<20, columns: 0..<37), tokens.cut(rows: 17..<37, columns: 0..<37))
      : (tokens.cut(rows: 0..<37, columns: 0..<18), tokens.cut(rows: 0..<37, columns: 19..<37))
    let found = try Correspondences(a, b, workers: ThreadPool(count: 3))
    let gaps = try golden.doubles("\(name)_gap")
    let nearest = try golden.integers("\(name)_nearest_ab")
    let clearCells = gaps.indices.filter { gaps[$0] > 1e-5 }
    #expect(
      FixtureTable.row(
        "correspondences", "\(name)_nearest_ab", clearCells.map { found.nearestToFirst[$0] },
        equal: clearCells.map { nearest[$0] }))
    // Two cells that are as near by all but the last digits may change places.
    let back = try golden.integers("\(name)_nearest_ba")
    let turned = back.indices.filter { back[$0] != found.nearestToSecond[$0] }
    #expect(
      FixtureTable.row(
        "correspondences", "\(name)_nearest_ba", Double(turned.count), within: 1))
    let (first, second) = (a.unit.vectors, b.unit.vectors)
    for cell in turned {
      let cosines = [back[cell], found.nearestToSecond[cell]].map { other in
        zip(second.row(cell), first.row(other)).reduce(0.0) { $0 + Double($1.0) * Double($1.1) }
      }
      #expect(abs(cosines[0] - cosines[1]) < 1e-6)
    }
    let expected = zip(
      try golden.integers("\(name)_buddies_a"), try golden.integers("\(name)_buddies_b"))
    let pairs = zip(expected, try golden.doubles("\(name)_cosines"))
      .filter { !turned.contains($0.0.1) }
    let clear = found.pairs.filter { !turned.contains($0.b) }
    #expect(
      FixtureTable.row(
        "correspondences", "\(name)_buddies_a", clear.map(\.a), equal: pairs.map(\.0.0)))
    #expect(
      FixtureTable.row(
        "correspondences", "\(name)_buddies_b", clear.map(\.b), equal: pairs.map(\.0.1)))
    let error = zip(clear, pairs).map { (Double($0.cosine) - $1.1).magnitude }.max() ?? 1
    #expect(FixtureTable.row("correspondences", "\(name)_cosines", error, within: 1e-6))
    let alone = try Correspondences(a, b, workers: nil)
    #expect(alone.pairs == found.pairs)
  }

  @Test func `Correspondences: of equal cells the first is the nearest`() throws {
    let grid = Grid(rows: 1, columns: 3)
    let same = CellVectors(grid: grid, vectors: Matrix(rows: 3, columns: 2, [1, 0, 1, 0, 1, 0]))
    let found = try Correspondences(same, same, workers: ThreadPool(count: 2))
    #expect(found.nearestToFirst == [0, 0, 0] && found.nearestToSecond == [0, 0, 0])
    #expect(found.pairs == [.init(a: 0, b: 0, cosine: 1)])
  }

  @Test func `Correspondences: they stop when they are asked to`() throws {
    let cells = CellVectors(
      grid: Grid(rows: 1, columns: 2), vectors: Matrix(rows: 2, columns: 1, [1, 2]))
    #expect(throws: CancellationError.self) {
      try Correspondences(cells, cells, workers: nil) { true }
    }
  }

  @Test(arguments: ["rows", "columns"])
  func `Correspondences: the best of each group of pairs are the published code's`(name: String)
    throws
  {
    guard let golden = try Fixture.shared("golden/analysis/correspondences.safetensors"),
      let file = try Fixture.shared("golden/sofc_518.safetensors"),
      let tokens = try CellVectors.golden()
    else { return }
    let (rows, columns) = (0..<37, 0..<37)
    let parts =
      name == "rows"
      ? [(0..<20, columns), (17..<37, columns)] : [(rows, 0..<18), (rows, 19..<37)]
    let cells = parts.map { tokens.cut(rows: $0.0, columns: $0.1) }
    let attention = try file.floats("cls_attention")
    let heads = attention.count / 1369
    func seen(_ part: Int, _ cell: Int) -> Double {
      let width = parts[part].1.count
      let place =
        (parts[part].0.lowerBound + cell / width) * 37 + parts[part].1.lowerBound + cell % width
      return (0..<heads).reduce(0.0) { $0 + Double(attention[$1 * 1369 + place]) } / Double(heads)
    }
    let pairs = zip(
      try golden.integers("\(name)_buddies_a"), try golden.integers("\(name)_buddies_b")
    ).map { Correspondences.Pair(a: $0, b: $1, cosine: 0) }
    let choice = try Correspondences.choice(
      of: 10, among: pairs, of: cells[0], cells[1],
      by: pairs.map { Float((seen(0, $0.a) + seen(1, $0.b)) / 2) }, workers: nil)
    for (key, found) in [
      ("kpp", choice.seeds), ("pair_clusters", choice.clusters), ("chosen", choice.chosen),
    ] {
      let expected = try golden.integers("\(name)_\(key)")
      #expect(FixtureTable.row("correspondences", "\(name)_\(key)", found, equal: expected))
    }
  }
}
