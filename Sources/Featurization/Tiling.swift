package import Imaging

/// The rule by which an image is encoded in overlapping tiles instead of whole.
///
/// A value asked for is written as the side of a tile in pixels.
package enum Tiling: Sendable, Hashable, Codable {
  /// Where a view of the whole image would have more tokens than this.
  case beyond(tokens: Int)
  /// Where the image is longer than such a side, in tiles of at most it.
  case side(Int)

  /// The tokens that a view may have by default.
  package static let usualTokens = 70_000
  /// The side of a tile where none is asked for, in patches.
  static let usualPatches = 74
  /// The overlap of two neighbours, in patches: the usual one, and the least.
  static let overlap = (usual: 16, least: 8)
}

/// The tiles of one axis of a view, in cells of its grid.
package struct TileAxis: Sendable, Hashable {
  /// Pixels of a tile.
  package let length: Int
  /// Cells of a tile.
  package let cells: Int
  /// The first pixel of each tile.
  package let origins: [Int]
  /// The first cell of each tile.
  package let firstCells: [Int]
  /// Cells of the axis.
  package let count: Int
  /// How much each tile counts at each of its cells; the tiles of a cell sum to one, `[tile][cell]`.
  package let weights: [[Float]]

  /// Places tiles evenly along an axis; the outer ends of the first and the last are the axis's.
  ///
  /// `quantum` is what origins and lengths are multiples of: `pixels` and as many `cells`; a tile has
  /// `margin` pixels more. A tile's weight rises linearly over its overlap with each neighbour.
  package init(
    length: Int, quanta: Int, tile: Int, overlap: Int, quantum: (pixels: Int, cells: Int),
    margin: Int
  ) {
    let tile = min(tile, quanta)
    precondition(tile > 0 && (tile == quanta || overlap < tile), "tiles of \(tile) by \(overlap)")
    let tiles = tile == quanta ? 1 : (quanta - overlap + tile - overlap - 1) / (tile - overlap)
    let starts = (0..<tiles).map { tiles == 1 ? 0 : $0 * (quanta - tile) / (tiles - 1) }
    self.length = tile == quanta ? length : margin + tile * quantum.pixels
    cells = tile * quantum.cells
    count = quanta * quantum.cells
    origins = starts.map { $0 * quantum.pixels }
    firstCells = starts.map { $0 * quantum.cells }
    weights = TileAxis.weights(firstCells, cells: cells, count: count)
  }

  private static func weights(_ first: [Int], cells: Int, count: Int) -> [[Float]] {
    var sums = [Float](repeating: 0, count: count)
    let ramps = first.indices.map { index -> [Float] in
      let before = index == 0 ? 0 : first[index - 1] + cells - first[index]
      let after = index + 1 == first.count ? 0 : first[index] + cells - first[index + 1]
      return (0..<cells).map { cell in
        let rise = before == 0 ? 1 : (Float(cell) + 0.5) / Float(before)
        let fall = after == 0 ? 1 : (Float(cells - 1 - cell) + 0.5) / Float(after)
        let weight = min(1, rise, fall)
        sums[first[index] + cell] += weight
        return weight
      }
    }
    return first.indices.map { index in
      ramps[index].enumerated().map { $1 / sums[first[index] + $0] }
    }
  }
}

/// The tiles of a view: the pairs of those of its axes, row after row.
package struct TileLayout: Sendable, Hashable {
  package let vertical: TileAxis
  package let horizontal: TileAxis

  package var size: Size { Size(width: horizontal.length, height: vertical.length) }
  /// The grid of one tile.
  package var grid: Grid { Grid(rows: vertical.cells, columns: horizontal.cells) }
  package var count: Int { vertical.origins.count * horizontal.origins.count }
}
