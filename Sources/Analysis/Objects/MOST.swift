import Foundation
import Imaging
package import LinearAlgebra

/// Several objects of an image: groups of cells that are like few others, each with its object.
///
/// A cell is a seed where its products with all others, those below zero taken as zero and averaged
/// over windows, have a low entropy for half of the windows' sides: where most of them are zero.
/// Source: Rambhatla et al. 2023, MOST, whose entropy counts distinct values, so that but the share of
/// zeros matters.
package struct MOST: Sendable {
  /// Sides of the windows.
  private static let sides = 1...5
  /// Steps along rows and columns between two seeds of one group.
  private static let reach = 2
  /// Objects have more cells along each side than fit in 16 pixels; as the published code has it.
  private static let leastSide = 16
  private static let leastArea = 256
  private static let largestShare = 0.9

  /// The cells that are seeds, ascending.
  package let seeds: [Int]
  /// What each group's cell of the lowest degree makes with those of the group that are like it, the
  /// groups in the order of their cells, each object once.
  package let objects: [CellMask]
  /// The sums of products that each of these was cut from, `[objects, cells]`.
  package let maps: [[Double]]

  /// Finds objects among cells of a side in pixels, centred or not.
  ///
  /// Throws `AnalysisError.noContrast` where all cells are alike, and `CancellationError`.
  package init(
    of cells: CellVectors, cell side: Int, workers: ThreadPool?,
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws {
    let grid = cells.grid
    let rows = try CellProducts(cells.vectors).map(workers, shouldStop) { rows, products in
      rows.enumerated().map { place, row in
        let values = products[rows: place..<place + 1].values
        let degree = values.indices.count { $0 != row && values[$0] > 0 }
        return (degree: degree, isSeed: MOST.isSeed(values.map { !($0 > 0) }, grid))
      }
    }.flatMap { $0 }
    let degrees = rows.map(\.degree)
    guard !degrees.allSatisfy({ $0 == degrees[0] }) else { throw AnalysisError.noContrast }
    seeds = rows.indices.filter { rows[$0].isSeed }
    var (objects, maps): ([CellMask], [[Double]]) = ([], [])
    for group in MOST.groups(of: seeds, grid) {
      if shouldStop() { throw CancellationError() }
      guard let seed = group.min(by: { (degrees[$0], $0) < (degrees[$1], $1) }) else { continue }
      let found = LOST.object(of: cells, seed: seed, among: group.sorted())
      guard let box = found.object.box else { continue }
      let (height, width) = (box.rows.count * side, box.columns.count * side)
      let area = height * width
      guard height > MOST.leastSide, width > MOST.leastSide, area > MOST.leastArea,
        Double(area) < MOST.largestShare * Double(grid.count * side * side),
        !objects.contains(found.object)
      else { continue }
      objects.append(found.object)
      maps.append(found.map)
    }
    (self.objects, self.maps) = (objects, maps)
  }

  /// Whether zeros are so many that the entropy is below `1 + log₂` of a row's windows, for half of the
  /// windows' sides.
  private static func isSeed(_ isZero: [Bool], _ grid: Grid) -> Bool {
    // Zeros of all rectangles that begin at the first cell.
    let stride = grid.columns + 1
    var sums = [Int32](repeating: 0, count: (grid.rows + 1) * stride)
    for row in 0..<grid.rows {
      var line: Int32 = 0
      for column in 0..<grid.columns {
        line += isZero[row * grid.columns + column] ? 1 : 0
        sums[(row + 1) * stride + column + 1] = sums[row * stride + column + 1] + line
      }
    }
    var votes = 0
    let sides = Set(MOST.sides.map { min($0, grid.rows, grid.columns) })
    for side in sides {
      let (rows, columns) = (grid.rows - side + 1, grid.columns - side + 1)
      var zeros = 0
      for row in 0..<rows {
        let (top, bottom) = (row * stride, (row + side) * stride)
        for column in 0..<columns
        where sums[bottom + column + side] - sums[bottom + column] - sums[top + column + side]
          + sums[top + column] == Int32(side * side)
        {
          zeros += 1
        }
      }
      let count = Double(rows * columns)
      let share = Double(zeros) / count
      let entropy = (share > 0 ? -share * log2(share) : 0) + (1 - share) * log2(count)
      if entropy < 1 + log2(Double(rows)) { votes += 1 }
    }
    return 2 * votes >= sides.count
  }

  /// Seeds that are near one another, in the order of their first.
  ///
  /// Source: DBSCAN with one cell as the least of a group.
  private static func groups(of seeds: [Int], _ grid: Grid) -> [[Int]] {
    var left = Set(seeds)
    var groups: [[Int]] = []
    for seed in seeds where left.contains(seed) {
      left.remove(seed)
      var (group, next) = ([seed], 0)
      while next < group.count {
        let (row, column) = (group[next] / grid.columns, group[next] % grid.columns)
        next += 1
        for down in -reach...reach {
          let across = reach - abs(down)
          for right in -across...across {
            guard (0..<grid.rows).contains(row + down),
              (0..<grid.columns).contains(column + right)
            else { continue }
            let cell = (row + down) * grid.columns + column + right
            if left.remove(cell) != nil { group.append(cell) }
          }
        }
      }
      groups.append(group)
    }
    return groups
  }
}
