import Imaging

/// The order in which Hiera keeps its tokens: that of a cell within its mask unit first, then that
/// of the unit, so that pooling and windows are strided slices of one list.
///
/// Within a unit the lowest bits of row and column change slowest: what is pooled together lies a
/// quarter of the list apart. Source: Ryali et al. 2023, fig. 4; facebookresearch/hiera's `Unroll`.
struct UnitOrder: Sendable {
  /// All units of the image, a unit being 2ⁿ × 2ⁿ cells for as many halvings as are left.
  let grid: Grid
  /// Those that take part, by their places in the grid.
  let units: [Int]

  init(_ grid: Grid, units: [Int]? = nil) {
    self.grid = grid
    self.units = units ?? Array(0..<grid.count)
  }

  /// The image's grid while so many halvings are left.
  func cells(halvings: Int) -> Grid {
    Grid(rows: grid.rows << halvings, columns: grid.columns << halvings)
  }

  /// Where each token of the list lies in the image's grid.
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

  /// Where a cell of the unit with a rank among those that take part stands in the list.
  func position(_ y: Int, _ x: Int, rank: Int, halvings: Int) -> Int {
    var index = 0
    for bit in 0..<halvings {
      index = index << 2 | ((y >> bit) & 1) << 1 | (x >> bit) & 1
    }
    return index * units.count + rank
  }

  /// The cell within a unit that comes at `index`.
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
