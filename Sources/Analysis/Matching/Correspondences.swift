package import LinearAlgebra
import Synchronization

/// The cells of two images that are each other's nearest.
///
/// Nearest is of the largest cosine, of equal ones the first. Source: Amir et al. 2022,
/// `correspondences.py` of dino-vit-features at 1779649.
package struct Correspondences: Sendable {
  package struct Pair: Sendable, Hashable {
    /// Cells of the first and of the second image.
    package let a: Int
    package let b: Int
    package let cosine: Float

    package init(a: Int, b: Int, cosine: Float) {
      (self.a, self.b, self.cosine) = (a, b, cosine)
    }
  }

  /// The nearest cell of the second image to each of the first, and the other way round.
  package let nearestToFirst: [Int]
  package let nearestToSecond: [Int]
  /// The pairs that are each other's nearest, in the order of the first image's cells.
  package let pairs: [Pair]

  /// Sides of a tile of cosines: 4 MB.
  private static let (height, width) = (256, 4096)

  /// Compares the cells of two images, a tile of cosines at a time.
  ///
  /// Stops with `CancellationError` between two tiles where `shouldStop` says so.
  package init(
    _ a: CellVectors, _ b: CellVectors, workers: ThreadPool?,
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws {
    precondition(
      a.vectors.columns == b.vectors.columns, "\(a.vectors.columns), \(b.vectors.columns) dims")
    let (first, second) = (a.unit.vectors, b.unit.vectors)
    let down = Blocks(of: first.rows, atMost: Correspondences.height)
    let across = Blocks(of: second.rows, atMost: Correspondences.width)
    let columns = NearestSoFar(count: second.rows)
    let found = workers.map(down.count) { index, _ in
      var rows = [Nearest](repeating: .none, count: down[index].count)
      for part in across.ranges where !shouldStop() {
        let tile = MutableMatrix(rows: down[index].count, columns: part.count)
        multiply(first[rows: down[index]], transposed: second[rows: part], into: tile.all)
        var best = [Nearest](repeating: .none, count: part.count)
        for (place, row) in down[index].enumerated() {
          let cosines = tile.view[rows: place..<place + 1].values
          var own = rows[place]
          for (column, cosine) in cosines.enumerated() {
            if cosine > own.cosine { own = Nearest(cell: part.lowerBound + column, cosine: cosine) }
            if cosine > best[column].cosine { best[column] = Nearest(cell: row, cosine: cosine) }
          }
          rows[place] = own
        }
        columns.take(best, at: part)
      }
      return rows
    }.flatMap { $0 }
    guard !shouldStop() else { throw CancellationError() }
    let back = columns.nearest
    (nearestToFirst, nearestToSecond) = (found.map(\.cell), back.map(\.cell))
    pairs = found.enumerated().compactMap { cell, nearest in
      back[nearest.cell].cell == cell
        ? Pair(a: cell, b: nearest.cell, cosine: nearest.cosine) : nil
    }
  }
}

/// The nearest cell found so far.
private struct Nearest: Sendable {
  var cell: Int
  var cosine: Float

  /// Vectors that are no numbers are near none; then the first cell stays.
  static let none = Nearest(cell: 0, cosine: -.infinity)
}

/// What several threads have found for the same cells; the order in which they come makes no
/// difference.
private final class NearestSoFar: Sendable {
  private let state: Mutex<[Nearest]>

  init(count: Int) { state = Mutex(Array(repeating: .none, count: count)) }

  var nearest: [Nearest] { state.withLock { $0 } }

  func take(_ found: [Nearest], at cells: Range<Int>) {
    state.withLock { known in
      for (place, cell) in cells.enumerated() {
        let (old, new) = (known[cell], found[place])
        if new.cosine > old.cosine || (new.cosine == old.cosine && new.cell < old.cell) {
          known[cell] = new
        }
      }
    }
  }
}
