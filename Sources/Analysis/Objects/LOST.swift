package import LinearAlgebra

/// The object of an image from the cell that is like the fewest others.
///
/// Cells are like one another where their product is positive. Source: Siméoni et al. 2021, LOST;
/// `object_discovery.py` at fcedbec, of equal degrees the first cell.
package struct LOST: Sendable {
  /// Cells of the lowest degrees among which the seed's like are looked for.
  package static let potentialCount = 100

  /// How many others each cell is like, `[cells]`.
  package let degrees: [Int]
  /// The cells of the lowest degrees, ascending; the first is the seed.
  package let potentials: [Int]
  /// Those of them that are like the seed.
  package let similar: [Int]
  /// The sum of each cell's products with these, `[cells]`.
  package let map: [Double]
  /// The connected part that holds the seed where the sum is positive.
  package let object: CellMask

  package var seed: Int { potentials[0] }

  /// Throws `AnalysisError.noContrast` where all cells are alike, and `CancellationError`.
  package init(
    of cells: CellVectors, workers: ThreadPool?,
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws {
    try self.init(any: cells, workers: workers, shouldStop: shouldStop)
    guard !degrees.allSatisfy({ $0 == degrees[0] }) else { throw AnalysisError.noContrast }
  }

  /// The object of cells of which all may be alike; then the seed is arbitrary.
  ///
  /// Throws `CancellationError` once it should stop.
  package init(
    any cells: CellVectors, workers: ThreadPool?,
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws {
    let degrees = try LOST.degrees(of: cells, workers, shouldStop)
    self.degrees = degrees
    let order = degrees.indices.sorted { (degrees[$0], $0) < (degrees[$1], $1) }
    potentials = Array(order.prefix(LOST.potentialCount))
    let found = LOST.object(of: cells, seed: order[0], among: potentials)
    (similar, map, object) = (found.similar, found.map, found.object)
  }

  /// What belongs to a seed: the cells like it among some, their summed products and the part of
  /// these that is positive around it.
  static func object(
    of cells: CellVectors, seed: Int, among potentials: [Int]
  ) -> (similar: [Int], map: [Double], object: CellMask) {
    let vectors = cells.vectors
    let own = ScoreKernels.current.products(
      gather(potentials, of: vectors).all, by: vectors.row(seed).map { Double($0) }, bias: [0])
    let similar = zip(potentials, own).filter { $1 > 0 }.map { $0.0 }
    let ones = [Double](repeating: 1, count: similar.count)
    let sum = ScoreKernels.current.sums(gather(similar, of: vectors).all, by: ones, classes: 1)
    let map = ScoreKernels.current.products(vectors.all, by: sum, bias: [0])
    let mask = CellMask(grid: cells.grid, cells: map.map { $0 > 0 })
    return (similar, map, mask.component(of: seed))
  }

  private static func degrees(
    of cells: CellVectors, _ workers: ThreadPool?, _ shouldStop: @escaping @Sendable () -> Bool
  ) throws -> [Int] {
    try CellProducts(cells.vectors).map(workers, shouldStop) { rows, products in
      rows.enumerated().map { place, row in
        let values = products[rows: place..<place + 1].values
        return values.indices.count { $0 != row && values[$0] > 0 }
      }
    }.flatMap { $0 }
  }
}
