import LinearAlgebra

/// A graph whose edges join every two cells, each with a weight; the weights are a symmetric matrix.
protocol CellGraph: Sendable {
  var count: Int { get }
  /// The sum of each cell's weights, `[count]`.
  var degrees: [Double] { get }
  /// Whether all its edges are alike, so that no part differs from another.
  var isUniform: Bool { get }
  /// The weights times a vector, `[count, count] · [count]`.
  func product(_ x: [Double], workers: ThreadPool?) -> [Double]
}

/// Products of all rows of a matrix with all of its rows, a tile at a time.
struct CellProducts: Sendable {
  let vectors: Matrix
  private let blocks: Blocks

  /// Rows of a tile.
  private static let side = 256

  init(_ vectors: Matrix) {
    self.vectors = vectors
    blocks = Blocks(of: vectors.rows, atMost: CellProducts.side)
  }

  /// What `body` makes of each block of rows, given its products with all rows, `[rows, cells]`.
  ///
  /// Throws `CancellationError` once it should stop.
  func map<Part: Sendable>(
    _ workers: ThreadPool?, _ shouldStop: @escaping @Sendable () -> Bool,
    _ body: @escaping @Sendable (Range<Int>, MatrixView) -> Part
  ) throws -> [Part] {
    try workers.map(blocks.count) { [vectors, blocks] index, _ -> Part? in
      if shouldStop() { return nil }
      let rows = blocks[index]
      let tile = MutableMatrix(rows: rows.count, columns: vectors.rows)
      multiply(vectors[rows: rows], transposed: vectors.all, into: tile.all)
      return body(rows, tile.view)
    }.map { part in
      guard let part else { throw CancellationError() }
      return part
    }
  }
}
