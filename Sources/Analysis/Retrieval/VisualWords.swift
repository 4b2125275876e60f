package import LinearAlgebra

/// The vectors that the cells of several images gather around, by which these images are compared:
/// what each has beside them is its vector, `[words · dim]`.
///
/// Source: Jégou et al. 2010, VLAD; the words are those of the compared images, not of a library.
package struct VisualWords: Sendable {
  /// `[words, dim]`, of unit vectors.
  package let centroids: [[Double]]

  package static let usualCount = 8
  /// Cells that are looked at for them, of all images together.
  package static let mostCells = 16384
  private static let iterations = 100

  /// Evenly placed cells of one of so many images, as unit vectors.
  package static func sample(of cells: Matrix, images: Int) -> Matrix {
    let most = max(1, mostCells / max(images, 1))
    let step = (cells.rows + most - 1) / most
    return gather(Array(stride(from: 0, to: cells.rows, by: step)), of: cells).unitRows
  }

  /// Finds them among samples, fewer where there are not so many different vectors.
  ///
  /// Throws `CancellationError` once it should stop.
  package init(
    _ samples: [Matrix], count: Int = usualCount, workers: ThreadPool?,
    shouldStop: () -> Bool = { false }
  ) throws {
    let rows = WeightedRows(Matrix.stacked(samples), workers: workers)
    var generator = CounterGenerator(seed: 0)
    let seeds = rows.seeds(count, from: &generator, workers: workers)
    centroids = try rows.lloyd(
      from: seeds.map { rows.rows.row($0).map { Double($0) } },
      iterations: VisualWords.iterations, workers: workers, shouldStop: shouldStop
    ).centroids
  }

  /// An image's vector, made of its cells, `[cells, dim]`.
  package func descriptor(of cells: Matrix) -> [Float] {
    Descriptors.aggregated(cells, around: centroids).map { Float($0) }
  }
}
