import Imaging
import LinearAlgebra
package import Segmentation

/// Clusters that become fewer.
extension PixelClusters {
  /// Rules for which clusters become one.
  package enum Merging: Sendable, Hashable {
    /// So many groups, by Ward's rule with the clusters' areas.
    case ward(Int)
    /// So many groups, by their farthest centroids.
    case complete(Int)
    /// So many groups, by k-means of the centroids with their areas.
    case kmeans(Int)
    /// Groups nearer than what parts foreground from background, given how much the class token
    /// attends to each cluster.
    case density([Double])
  }

  /// The group of each cluster, from 0.
  ///
  /// Throws `AnalysisError` where there are not so many clusters.
  package func groups(by rule: Merging, seed: UInt64) throws -> [Int] {
    let areas = counts.reduce([Double](repeating: 0, count: clusters)) { sums, image in
      zip(sums, image).map { $0 + Double($1) }
    }
    switch rule {
    case .ward(let number):
      return Linkage(centroids, weights: areas, .ward).groups(number)
    case .complete(let number):
      return Linkage(centroids, .complete).groups(number)
    case .kmeans(let number):
      let rows = WeightedRows(
        Matrix(
          rows: clusters, columns: centroids[0].count,
          centroids.flatMap { $0.map { Float($0) } }), weights: areas)
      var generator = CounterGenerator(seed: seed)
      let seeds = rows.seeds(number, from: &generator)
      guard seeds.count == number else {
        throw AnalysisError.tooManyClusters(asked: number, distinct: seeds.count)
      }
      return try rows.lloyd(
        from: seeds.map { centroids[$0] }, iterations: KMeans.usualIterations
      ).labels
    case .density(let densities):
      let linkage = Linkage(centroids, .complete)
      guard let cutoff = DensityCutoff(centroids, densities: densities) else {
        return Array(repeating: 0, count: clusters)
      }
      return linkage.groups(nearerThan: cutoff.distance)
    }
  }

  /// The label image of one image with groups in place of clusters, and the clusters of each group.
  ///
  /// Groups are numbered from 1 by descending area over all images.
  package func merged(_ groups: [Int]) -> (images: [LabelImage], members: [[Int]]) {
    precondition(groups.count == clusters, "\(groups.count) groups of \(clusters) clusters")
    let number = (groups.max() ?? -1) + 1
    var areas = [Int](repeating: 0, count: number)
    for image in counts {
      for (cluster, count) in image.enumerated() { areas[groups[cluster]] += count }
    }
    let order = areas.indices.sorted { (-areas[$0], $0) < (-areas[$1], $1) }
    var names = [UInt8](repeating: 0, count: 256)
    for (cluster, group) in groups.enumerated() {
      names[cluster + 1] = UInt8((order.firstIndex(of: group) ?? 0) + 1)
    }
    let members = order.map { group in groups.indices.filter { groups[$0] == group }.map { $0 + 1 }
    }
    return (
      images.map { LabelImage(size: $0.size, ids: $0.ids.map { names[Int($0)] }) }, members
    )
  }
}

/// The distance that parts centroids of the foreground from those of the background.
///
/// A cluster is of the foreground where its density, the mean attention of the class token, is above
/// the mean of all clusters' densities, and of the background where it is below. Of the distances
/// between the two, in 20 bins from the least to the greatest, it is the upper end of the first
/// fullest bin. Source: HR-Dv2's `segment.py`.
package struct DensityCutoff: Sendable {
  package let foreground: [Int]
  package let background: [Int]
  /// The distances in each bin, and the ends of the bins, ascending.
  package let counts: [Int]
  package let edges: [Double]
  package let distance: Double

  private static let bins = 20

  /// `nil` where all densities are equal.
  package init?(_ centroids: [[Double]], densities: [Double]) {
    let mean = densities.reduce(0, +) / Double(densities.count)
    let foreground = densities.indices.filter { densities[$0] > mean }
    let background = densities.indices.filter { densities[$0] < mean }
    (self.foreground, self.background) = (foreground, background)
    guard !foreground.isEmpty, !background.isEmpty else { return nil }
    let distances = foreground.flatMap { one in
      background.map { other in
        zip(centroids[one], centroids[other]).reduce(0) {
          $0 + ($1.0 - $1.1) * ($1.0 - $1.1)
        }.squareRoot()
      }
    }
    let (low, high) = (distances.min() ?? 0, distances.max() ?? 0)
    // A single distance is in the middle of a bin of width one.
    let (start, end) = low == high ? (low - 0.5, high + 0.5) : (low, high)
    var counts = [Int](repeating: 0, count: DensityCutoff.bins)
    let width = (end - start) / Double(DensityCutoff.bins)
    for found in distances {
      counts[min(Int((found - start) / width), DensityCutoff.bins - 1)] += 1
    }
    let fullest = counts.indices.reduce(0) { counts[$1] > counts[$0] ? $1 : $0 }
    self.counts = counts
    edges = (0...DensityCutoff.bins).map { start + Double($0) * width }
    distance = edges[fullest + 1]
  }
}
