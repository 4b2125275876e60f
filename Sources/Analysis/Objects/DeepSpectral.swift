package import LinearAlgebra

/// Soft segments of an image: the smallest eigenvectors of the graph of its cells' positive cosines.
///
/// Source: Melas-Kyriazi et al. 2022; `extract/extract.py` at b89b650, without colours.
package struct DeepSpectral: Sendable {
  package static let mostCells = TokenCut.mostWeightedCells
  /// Eigenvectors that the published code takes.
  package static let usualCount = 15

  /// Ascending; the first is 0.
  package let eigenvalues: [Double]
  /// One for each value, `[values, cells]`, of such a sign that at most half of a vector is positive.
  package let vectors: [[Double]]
  /// The cells where the second vector is positive: the smaller side of the first cut.
  package let object: CellMask

  /// Throws `AnalysisError.noContrast` where no two cells are alike, and `CancellationError`.
  package init(
    of cells: CellVectors, count: Int = DeepSpectral.usualCount, workers: ThreadPool?,
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws {
    let graph = try WeightedGraph(
      cells.unit.vectors, .positive, workers: workers, shouldStop: shouldStop)
    guard !graph.isUniform else { throw AnalysisError.noContrast }
    let spectrum = try GraphSpectrum(
      of: graph, count: count, workers: workers, shouldStop: shouldStop)
    guard spectrum.vectors.count > 1 else { throw AnalysisError.noContrast }
    eigenvalues = spectrum.values
    vectors = spectrum.vectors.map { vector in
      let positive = vector.count { $0 > 0 }
      let isTurned = 2 * positive > vector.count && positive < vector.count
      return isTurned ? vector.map { -$0 } : vector
    }
    object = CellMask(grid: cells.grid, cells: vectors[1].map { $0 > 0 })
  }

  /// The number of segments that the largest gap between eigenvalues speaks for, the first left out.
  package var segments: Int {
    let gaps = zip(eigenvalues.dropFirst(), eigenvalues).map { $0 - $1 }
    var best = 1
    for place in gaps.indices.dropFirst() where gaps[place] > gaps[min(best, gaps.count - 1)] {
      best = place
    }
    return min(best, gaps.count - 1) + 1
  }
}
