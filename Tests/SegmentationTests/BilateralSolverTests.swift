import Imaging
import LinearAlgebra
import Segmentation
import Support
import Testing

@Suite("Bilateral solver") struct BilateralSolverTests {
  private let size = Size(width: 96, height: 80)

  private func scores(_ planes: [[Float]]) -> Scores {
    Scores(
      size: size, ids: planes.indices.map { UInt8($0 + 1) },
      planes: Matrix(rows: planes.count, columns: planes[0].count, planes.flatMap { $0 }))
  }

  @Test func `BilateralSolver: a mask is refined as by TokenCut's code`() throws {
    guard let golden = try Fixture.shared("golden/analysis/bilateral_solver.safetensors") else {
      return
    }
    let colors = try golden.integers("image")
    let guide = DenseCRF.Guide.color(
      Matrix(
        rows: 3, columns: 7680,
        (0..<3).flatMap { c in (0..<7680).map { Float(colors[3 * $0 + c]) } }))
    let found = BilateralSolver()(scores([try golden.floats("target")]), guide: guide)
    let soft = zip(found.planes.row(0), try golden.floats("soft")).map { abs($0 - $1) }.max() ?? 1
    #expect(FixtureTable.row("bilateral_solver", "soft", soft, within: 1e-5))
    let inside = found.planes.row(0).map { $0 > 0.5 ? UInt8(1) : 2 }
    let objects = Components(of: LabelImage(size: size, ids: inside), ids: [1], .four)
    let most = try #require(objects.areas.max())
    let largest = try #require(objects.areas.firstIndex(of: most))
    let one = LabelImage(
      size: size, ids: objects.objects.map { Int($0) == largest + 1 ? 1 : 2 })
    let filled = SmallObjects(leastAreas: [:], holeAreas: [1: 7681])(one)
    #expect(
      FixtureTable.row(
        "bilateral_solver", "binary", filled.ids.map { $0 == 1 ? 1 : 0 },
        equal: try golden.integers("binary")))
  }

  @Test(arguments: 1...6)
  func `BilateralSolver: it is linear, and leaves constants as they are`(seed: Int) {
    var chance = SeededNumbers(seed: seed)
    let count = size.width * size.height
    let picture = GreyPicture(
      size: size, levels: chance.floats(count, upTo: 127).map { $0 + 127 })
    let solver = BilateralSolver(side: Double(4 + 3 * seed), levels: Double(5 * seed))
    let (a, b) = (chance.floats(count), chance.floats(count))
    let planes = [
      a, b, zip(a, b).map { 2 * $0 - $1 }, [Float](repeating: 3, count: count),
      [Float](repeating: 0, count: count),
    ]
    let found = solver(scores(planes), guide: .grey(picture)).planes
    for place in 0..<count {
      #expect(abs(found[2, place] - 2 * found[0, place] + found[1, place]) < 2e-2)
      #expect(abs(found[3, place] - 3) < 1e-5 && found[4, place] == 0)
    }
    for threads in 1...3 {
      let workers = ThreadPool(count: threads)
      defer { workers.close() }
      #expect(
        solver(scores(planes), guide: .grey(picture), workers: workers).planes.values
          == found.values)
    }
  }

  @Test func `BilateralSolver: a coarse edge moves to the picture's`() {
    let count = size.width * size.height
    // A bright half, of which a mask in squares of 16 pixels is known.
    let edge = 53
    let picture = GreyPicture(
      size: size, levels: (0..<count).map { $0 % size.width < edge ? 200 : 40 })
    let mask = (0..<count).map { Float($0 % size.width < 48 ? 1 : 0) }
    let found = BilateralSolver()(scores([mask]), guide: .grey(picture)).planes.row(0)
    for place in 0..<count {
      #expect((found[place] > 0.5) == (place % size.width < edge))
    }
  }
}
