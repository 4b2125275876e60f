package import LinearAlgebra

/// The object of an image as the smaller side of a normalised cut through its cells.
///
/// Source: Wang et al. 2022, TokenCut; `object_discovery.ncut` at fed52cd.
package struct TokenCut: Sendable {
  /// How cells are joined.
  package enum Edges: Sendable, Hashable {
    /// By 1 where the cosine is above the threshold.
    case binary
    /// By the cosine where it reaches the threshold.
    case weighted
  }

  /// Most cells of a graph, whose bits take 32 MB; more are averaged first.
  package static let mostCells = 128 * 128
  /// Most cells of a graph of floats, which take 164 MB.
  package static let mostWeightedCells = 80 * 80
  package static let usualThreshold: Float = 0.2

  /// The sum of each cell's edges, `[cells]`.
  package let degrees: [Double]
  /// The four smallest eigenvalues, or as many as there are.
  package let eigenvalues: [Double]
  /// The second eigenvector, positive in the object.
  package let vector: [Double]
  /// The cell that stands out most: of equal ones the first.
  package let seed: Int
  /// The cells above the vector's mean.
  package let partition: CellMask
  /// The part of them that is connected to the seed.
  package let object: CellMask

  /// Cuts the graph of vectors, centred or not.
  ///
  /// Throws `AnalysisError.noContrast` where all edges are alike, and `CancellationError`.
  package init(
    of cells: CellVectors, threshold: Float = TokenCut.usualThreshold, edges: Edges = .binary,
    workers: ThreadPool?, shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws {
    let unit = cells.unit.vectors
    let (degrees, spectrum) =
      switch edges {
      case .binary:
        try TokenCut.spectrum(
          of: BinaryGraph(unit, threshold: threshold, workers: workers, shouldStop: shouldStop),
          workers, shouldStop)
      case .weighted:
        try TokenCut.spectrum(
          of: WeightedGraph(unit, .above(threshold), workers: workers, shouldStop: shouldStop),
          workers, shouldStop)
      }
    guard spectrum.vectors.count > 1 else { throw AnalysisError.noContrast }
    var vector = spectrum.vectors[1]
    var seed = 0
    for i in vector.indices where vector[i].magnitude > vector[seed].magnitude { seed = i }
    let mean = vector.reduce(0, +) / Double(vector.count)
    var inside = vector.map { $0 > mean }
    if !inside[seed] {
      vector = vector.map { -$0 }
      inside = inside.map { !$0 }
    }
    self.degrees = degrees
    eigenvalues = spectrum.values
    (self.vector, self.seed) = (vector, seed)
    partition = CellMask(grid: cells.grid, cells: inside)
    object = partition.component(of: seed)
  }

  private static func spectrum(
    of graph: some CellGraph, _ workers: ThreadPool?, _ shouldStop: @Sendable () -> Bool
  ) throws -> (degrees: [Double], spectrum: GraphSpectrum) {
    guard !graph.isUniform else { throw AnalysisError.noContrast }
    return (
      graph.degrees,
      try GraphSpectrum(of: graph, count: 4, workers: workers, shouldStop: shouldStop)
    )
  }
}
