import Imaging

/// The order of Hiera's tokens: by the cell within its mask unit first, then by the unit, so that
/// pooling and windows are strided slices of one list.
///
/// Within a unit the lowest bits of row and column change slowest: cells pooled together are a
/// quarter of the list apart. Source: Ryali et al. 2023, fig. 4; facebookresearch/hiera's `Unroll`.
struct UnitOrder: Sendable {
  /// All units of the image, a unit being 2ⁿ × 2ⁿ cells for n remaining halvings.
  let grid: Grid
  /// The units in use, by their indices in the grid.
  let units: [Int]

  init(_ grid: Grid, units: [Int]? = nil) {
    self.grid = grid
    self.units = units ?? Array(0..<grid.count)
  }

  /// The image's grid with a number of halvings remaining.
  func cells(halvings: Int) -> Grid {
    Grid(rows: grid.rows << halvings, columns: grid.columns << halvings)
  }

  /// The index in the image's grid of each token of the list.
  func places(halvings: Int) -> [Int] {
    let columns = cells(halvings: halvings).columns
    return (0..<1 << (2 * halvings)).flatMap { index in
      let (y, x) = UnitOrder.cell(index, halvings: halvings)
      return units.map { unit in
        let (row, column) = ((unit / grid.columns) << halvings, (unit % grid.columns) << halvings)
        return (row + y) * columns + column + x
      }
    }
  }

  /// The index in the list of a cell of the unit with a rank among those in use.
  func position(_ y: Int, _ x: Int, rank: Int, halvings: Int) -> Int {
    var index = 0
    for bit in 0..<halvings {
      index = index << 2 | ((y >> bit) & 1) << 1 | (x >> bit) & 1
    }
    return index * units.count + rank
  }

  /// The cell within a unit at an index.
  static func cell(_ index: Int, halvings: Int) -> (y: Int, x: Int) {
    var (y, x) = (0, 0)
    for bit in 0..<halvings {
      let pair = (index >> (2 * (halvings - 1 - bit))) & 3
      y |= (pair >> 1) << bit
      x |= (pair & 1) << bit
    }
    return (y, x)
  }
}
