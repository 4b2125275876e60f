import Imaging
package import LinearAlgebra
import Segmentation

/// k-means over all pixels of one or several images, without making any of their vectors.
///
/// Centroids begin at cells, each weighted by the pixels that it stands for, are moved among these
/// first, and then among all pixels. The result does not depend on the number of threads. Source:
/// Lloyd 1982; Arthur and Vassilvitskii 2007 for the beginning.
package struct KMeans: Sendable, Hashable {
  package let clusters: Int
  package let seed: UInt64
  /// Passes over all pixels, at most.
  package let iterations: Int
  /// It ends when the centroids' squared moves are this share of the pixels' mean variance in a
  /// channel, as scikit-learn does, or this share of the pixels' clusters changes; 0 for when none
  /// does.
  package let tolerance: Double

  /// Names of clusters are the ids 1 to 254 of label images.
  package static let mostClusters = 254
  package static let usualIterations = 300
  package static let usualTolerance = 1e-4
  /// Vectors that are looked at for the beginning, of all images together.
  package static let mostSeeds = 16384

  package init(
    clusters: Int, seed: UInt64 = 0, iterations: Int = usualIterations,
    tolerance: Double = usualTolerance
  ) {
    precondition(
      (1...KMeans.mostClusters).contains(clusters) && iterations > 0 && tolerance >= 0,
      "\(clusters) clusters in \(iterations) iterations")
    self.clusters = clusters
    self.seed = seed
    self.iterations = iterations
    self.tolerance = tolerance
  }

  /// The clusters of images' pixels; `report` is told how far it is, 0…1.
  ///
  /// Throws `AnalysisError`, or `CancellationError` once it should stop.
  package func callAsFunction(
    _ images: [PixelVectors], workers: ThreadPool? = nil,
    shouldStop: @escaping @Sendable () -> Bool = { false },
    report: (Double) -> Void = { _ in }
  ) throws -> PixelClusters {
    guard images.contains(where: { $0.members > 0 }) else { throw AnalysisError.noContrast }
    let most = max(1, KMeans.mostSeeds / max(images.count, 1))
    let parts = images.map { $0.seeds(atMost: most, workers: workers) }
    let rows = WeightedRows(
      Matrix.stacked(parts.map(\.rows)), weights: parts.flatMap(\.weights), workers: workers)
    guard images.reduce(0, { $0 + $1.squares }).isFinite else { throw AnalysisError.notFinite }
    var generator = CounterGenerator(seed: seed)
    let seeds = rows.seeds(clusters, from: &generator, workers: workers)
    guard seeds.count == clusters else {
      if seeds.count == 1 { throw AnalysisError.noContrast }
      throw AnalysisError.tooManyClusters(asked: clusters, distinct: seeds.count)
    }
    let start = try rows.lloyd(
      from: seeds.map { rows.rows.row($0).map { Double($0) } }, iterations: iterations,
      workers: workers, shouldStop: shouldStop)
    return try pixels(
      images, from: start.centroids, workers: workers, shouldStop: shouldStop, report: report)
  }

  /// Lloyd's iterations over all pixels, from some centroids; an empty cluster keeps its centroid.
  package func pixels(
    _ images: [PixelVectors], from start: [[Double]], workers: ThreadPool? = nil,
    shouldStop: @escaping @Sendable () -> Bool = { false },
    report: (Double) -> Void = { _ in }
  ) throws -> PixelClusters {
    precondition(!images.isEmpty, "clusters of no image")
    let width = images[0].dim + images[0].channels
    precondition(images.allSatisfy { $0.dim + $0.channels == width }, "images of other vectors")
    let squares = images.reduce(0) { $0 + $1.squares }
    let pixels = images.reduce(0) { $0 + $1.members }
    let least = tolerance * squares / Double(pixels) / Double(width)
    var centroids = start
    var passes: [PixelPass]?
    var (iteration, isLast, hasConverged) = (0, false, false)
    var way = Convergence(
      iterations: iterations, moves: least, changes: tolerance * Double(pixels))
    while true {
      iteration += 1
      let former = passes
      let found = try images.enumerated().map { index, image in
        try image.pass(
          centroids, after: former?[index].labels, workers: workers, shouldStop: shouldStop)
      }
      passes = found
      hasConverged = isLast || found.allSatisfy { $0.changes == 0 }
      var whole = PixelPass(clusters: start.count, dim: width)
      for pass in found { whole.join(pass) }
      if hasConverged || iteration >= iterations {
        report(1)
        return PixelClusters(
          found, whole, centroids: centroids, of: images, squares: squares, iterations: iteration,
          hasConverged: hasConverged)
      }
      var moves = 0.0
      for cluster in start.indices where whole.counts[cluster] > 0 {
        let share = 1 / Double(whole.counts[cluster])
        let mean = whole.sums[cluster * width..<(cluster + 1) * width].map { $0 * share }
        moves += zip(mean, centroids[cluster]).reduce(0) {
          $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
        }
        centroids[cluster] = mean
      }
      // One more pass makes the labels those of the centroids.
      let changes = found.reduce(0) { $0 + $1.changes }
      way.pass(iteration, moves: moves, changes: changes)
      report(way.share)
      isLast =
        tolerance > 0 && (moves <= least || Double(changes) <= tolerance * Double(pixels))
    }
  }
}

extension Matrix {
  /// Several matrices one below the other.
  static func stacked(_ parts: [Matrix]) -> Matrix {
    guard parts.count != 1 else { return parts[0] }
    let whole = MutableMatrix(
      rows: parts.reduce(0) { $0 + $1.rows }, columns: parts.first?.columns ?? 0)
    var end = 0
    for part in parts {
      whole[rows: end..<end + part.rows].copy(part.all)
      end += part.rows
    }
    return whole.frozen()
  }
}
