import Encoders
import Imaging
import LinearAlgebra

/// The encoding of an image that is too large for one pass: each view tile by tile, blended on the
/// grid of the whole view.
///
/// A cell's vector is the mean of those that its tiles give, with weights that sum to one, so that
/// what comes out is a grid like any other and all that holds for fields holds. Two rows of tiles are
/// in memory at a time.
struct TiledEncoding {
  let layout: TileLayout
  let intensities: Intensities
  let canvas: Canvas
  let request: FieldRequest
  let encoder: any Encoder
  let kernels: KernelSets
  let progress: WorkProgress
  /// Where tiles that were encoded are kept until the field is complete.
  let store: TileStore?

  /// Encodes one view; the result is in the image's orientation.
  ///
  /// Throws `CancellationError` at the next transformer block once `progress` is cancelled.
  func encode(_ view: View) throws -> StoredEncoding {
    let (vertical, horizontal) = (layout.vertical, layout.horizontal)
    let grid = Grid(rows: vertical.count, columns: horizontal.count)
    var blend: TileBlend?
    for row in vertical.origins.indices {
      var tiles: [Tile] = []
      for column in horizontal.origins.indices {
        tiles.append(try tile(row, column, of: view))
      }
      if blend == nil {
        blend = TileBlend(
          layout, like: tiles[0], onto: grid, undoing: view, as: request.storageType)
      }
      let end = row + 1 < vertical.firstCells.count ? vertical.firstCells[row + 1] : grid.rows
      blend?.add(tiles, row: row, completing: end)
    }
    guard let blend else { preconditionFailure("a view without tiles") }
    return blend.encoding
  }

  private func tile(_ row: Int, _ column: Int, of view: View) throws -> Tile {
    let name = TileStore.Name(view: view, row: row, column: column)
    if let kept = store?.read(name) {
      progress.advance(by: request.encodeOptions.block + 1)
      return Tile(kept)
    }
    let (top, left) = (layout.vertical.origins[row], layout.horizontal.origins[column])
    let card = encoder.card
    let planes = Normalization(mean: card.mean, deviation: card.std)(
      intensities, on: canvas, under: view,
      rows: top..<top + layout.size.height, columns: left..<left + layout.size.width)
    let encodings = try encoder.encode(
      EncodingBatch(planes, views: [.identity], request.encodeOptions, kernels: kernels),
      progress: progress)
    // Rounded as it is stored, so that a tile that was read again gives the same bytes.
    let tile = StoredEncoding(encodings[0], of: .identity, as: request.storageType)
    store?.write(tile, as: name)
    return Tile(tile)
  }
}

/// One tile's encoding, its vectors as they are stored.
private struct Tile {
  let patches: StoredMatrix
  let attention: MatrixView
  let classToken: [Float]
  let logits: [Float]

  init(_ encoding: StoredEncoding) {
    patches = encoding.vectors
    attention = encoding.classAttention.values.all
    (classToken, logits) = (encoding.classToken, encoding.logits)
  }
}

/// Tiles of one view on their way to its grid.
private struct TileBlend {
  private let layout: TileLayout
  private let grid: Grid
  private let view: View
  private var vectors: StoredVectors
  private let attention: MutableMatrix
  private var classToken: [Float]
  private var logits: [Float]
  /// Rows of tiles that later cells may still need, with their places.
  private var rows: [(row: Int, tiles: [Tile])] = []
  /// The first row of cells that is not made yet.
  private var next = 0

  init(
    _ layout: TileLayout, like tile: Tile, onto grid: Grid, undoing view: View,
    as type: FieldRequest.StorageType
  ) {
    (self.layout, self.grid, self.view) = (layout, grid, view)
    vectors = StoredVectors(rows: grid.count, columns: tile.patches.columns, as: type)
    attention = MutableMatrix(rows: grid.count, columns: tile.attention.columns)
    classToken = Array(repeating: 0, count: tile.classToken.count)
    logits = Array(repeating: 0, count: tile.logits.count)
  }

  /// Adds a row of tiles, after which all rows of cells below `end` are complete.
  mutating func add(_ tiles: [Tile], row: Int, completing end: Int) {
    rows.append((row, tiles))
    for tile in tiles {
      let share = 1 / Float(layout.count)
      for index in classToken.indices { classToken[index] += share * tile.classToken[index] }
      for (index, logit) in tile.logits.enumerated() { logits[index] += share * logit }
    }
    for cellRow in next..<end { make(cellRow) }
    next = end
    let vertical = layout.vertical
    rows.removeAll { vertical.firstCells[$0.row] + vertical.cells <= end }
  }

  /// Makes one row of cells.
  private mutating func make(_ cellRow: Int) {
    let (vertical, horizontal) = (layout.vertical, layout.horizontal)
    let line = MutableMatrix(rows: grid.columns, columns: vectors.columns)
    let attentionLine = MutableMatrix(rows: grid.columns, columns: attention.columns)
    // A tile's softmax weights sum to one over fewer cells than the whole view has.
    let share = Float(layout.grid.count) / Float(grid.count)
    // The same row of the view in each row of tiles that has it, `[horizontal.cells, dim]` of each tile.
    let lines: [(weight: Float, tiles: [(patches: MatrixView, attention: MatrixView)])] =
      rows.compactMap { row, tiles in
        let y = cellRow - vertical.firstCells[row]
        guard y >= 0, y < vertical.cells else { return nil }
        let cells = y * horizontal.cells..<(y + 1) * horizontal.cells
        return (
          weight: vertical.weights[row][y],
          tiles: tiles.map {
            (patches: $0.patches[rows: cells], attention: $0.attention[rows: cells])
          }
        )
      }
    for column in 0..<grid.columns {
      var (sources, attentions): ([MatrixView], [MatrixView]) = ([], [])
      var weights: [Float] = []
      for (weight, tiles) in lines {
        for (index, tile) in tiles.enumerated() {
          let x = column - horizontal.firstCells[index]
          guard x >= 0, x < horizontal.cells else { continue }
          weights.append(weight * horizontal.weights[index][x])
          sources.append(tile.patches[rows: x..<x + 1])
          attentions.append(tile.attention[rows: x..<x + 1])
        }
      }
      RowKernels.current.combine(sources, weights: weights, into: line[rows: column..<column + 1])
      guard attention.columns > 0 else { continue }
      RowKernels.current.combine(
        attentions, weights: weights, into: attentionLine[rows: column..<column + 1])
    }
    scaleSoftmax(attentionLine, by: share)
    let (vectorRow, attentionRow) = (line.frozen(), attentionLine.frozen())
    for column in 0..<grid.columns {
      let place = view.uprightCell(row: cellRow, column: column, of: grid)
      vectors.write(vectorRow[rows: column..<column + 1], at: place)
      attention[rows: place..<place + 1].copy(attentionRow[rows: column..<column + 1])
    }
  }

  /// Softmax is the first kind of attention; the others are no shares.
  private func scaleSoftmax(_ line: MutableMatrix, by share: Float) {
    let heads = line.columns / ClassAttention.Kind.allCases.count
    for row in 0..<line.rows {
      for head in 0..<heads { line[row, head] *= share }
    }
  }

  var encoding: StoredEncoding {
    let upright =
      view.isTransposed ? Grid(rows: grid.columns, columns: grid.rows) : grid
    return StoredEncoding(
      grid: upright, vectors: vectors.vectors, classToken: classToken,
      classAttention: ClassAttention(grid: upright, values: attention.frozen()), logits: logits)
  }
}

extension View {
  /// The index, in a grid in the image's orientation, of a cell of the view's grid.
  fileprivate func uprightCell(row: Int, column: Int, of grid: Grid) -> Int {
    let (a, b) = isTransposed ? (column, row) : (row, column)
    let rows = isTransposed ? grid.columns : grid.rows
    let columns = isTransposed ? grid.rows : grid.columns
    return (flipsRows ? rows - 1 - a : a) * columns + (flipsColumns ? columns - 1 - b : b)
  }
}
