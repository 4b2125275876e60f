import Analysis
import Encoders
import Imaging
import LinearAlgebra
import Synchronization
import Support
import Testing

@Suite("Cuts of many grids") struct CutGridsTests {
  @Test(arguments: 0..<20)
  func `TokenCut: eigenvalues, vector, sides and object are the formula's`(index: Int) throws {
    let file = try Fixture("Cuts/cuts.safetensors")
    let shape = try file.shape("\(index).vectors")
    let grid = Grid(rows: shape[0], columns: shape[1])
    let cells = CellVectors(
      grid: grid,
      vectors: Matrix(
        rows: grid.count, columns: shape[2], try file.floats("\(index).vectors")))
    let cut = try TokenCut(of: cells.centred, workers: nil)
    let values = try file.doubles("\(index).eigenvalues")
    for (found, expected) in zip(cut.eigenvalues, values) {
      #expect((found - expected).magnitude < 1e-8)
    }
    #expect(
      TokenCutTests.distance(cut.vector, try file.doubles("\(index).vector")) < 1e-6)
    #expect(cut.partition.cells == (try file.integers("\(index).partition").map { $0 == 1 }))
    #expect(cut.object.cells == (try file.integers("\(index).object").map { $0 == 1 }))
  }
}

@Suite("Objects that are given up") struct GivenUpObjectsTests {
  /// Blocks of cells, more than are compared at a time.
  private let cells: CellVectors = {
    var numbers = CounterGenerator(seed: 8)
    let grid = Grid(rows: 40, columns: 40)
    return CellVectors(
      grid: grid,
      vectors: Matrix(
        rows: grid.count, columns: 4,
        (0..<grid.count * 4).map { place in
          Float(numbers.next() - 0.5) + (place / 4 % 40 < 15 && place % 4 == 0 ? 2 : 0)
        }))
  }()

  @Test(arguments: ["tokencut", "spectral", "lost", "most"])
  func `Objects: work ends midway once it should stop`(method: String) throws {
    // Seven blocks of rows are compared; after them only eigenvectors and groups are looked for.
    for most in [0, 3] {
      let asked = Mutex(0)
      let shouldStop: @Sendable () -> Bool = {
        asked.withLock { asked in
          asked += 1
          return asked > most
        }
      }
      #expect(throws: CancellationError.self) {
        switch method {
        case "tokencut": _ = try TokenCut(of: cells.centred, workers: nil, shouldStop: shouldStop)
        case "spectral":
          _ = try DeepSpectral(of: cells.centred, workers: nil, shouldStop: shouldStop)
        case "lost": _ = try LOST(of: cells.centred, workers: nil, shouldStop: shouldStop)
        default: _ = try MOST(of: cells.centred, cell: 14, workers: nil, shouldStop: shouldStop)
        }
      }
      #expect(asked.withLock { $0 } >= most)
    }
  }
}
