import Imaging
package import LinearAlgebra
package import Segmentation

/// Clusters of the pixels of one or several images, numbered by descending area.
package struct PixelClusters: Sendable {
  /// Of each image the clusters of its pixels; ids from 1, and 0 of pixels that do not count.
  package let images: [LabelImage]
  /// Pixels of each cluster in each image, `[images, k]`.
  package let counts: [[Int]]
  /// `[k, dim + channels]`: means of what was taken from the pixels' vectors.
  package let centroids: [[Double]]
  /// What was taken from every vector of each image's field, `[dim]`.
  package let centres: [[Float]]
  /// `Σ |x − c|²` over all pixels, each with its own cluster's centroid.
  package let inertia: Double
  /// `Σ |x|²`, without clusters.
  package let squares: Double
  package let iterations: Int
  package let hasConverged: Bool

  init(
    _ passes: [PixelPass], _ whole: PixelPass, centroids: [[Double]], of images: [PixelVectors],
    squares: Double, iterations: Int, hasConverged: Bool
  ) {
    let order = whole.counts.indices.sorted {
      (-whole.counts[$0], $0) < (-whole.counts[$1], $1)
    }
    var ids = [UInt8](repeating: 0, count: 1 + Int(PixelPass.outside))
    for (rank, cluster) in order.enumerated() { ids[cluster] = UInt8(rank + 1) }
    self.images = zip(images, passes).map { image, pass in
      LabelImage(size: image.size, ids: pass.labels.map { ids[Int($0)] })
    }
    counts = passes.map { pass in order.map { pass.counts[$0] } }
    self.centroids = order.map { centroids[$0] }
    centres = images.map(\.centre.values)
    let width = centroids.first?.count ?? 0
    var inertia = squares
    for (cluster, centroid) in centroids.enumerated() {
      let sum = whole.sums[cluster * width..<(cluster + 1) * width]
      let product = zip(centroid, sum).reduce(0) { $0 + $1.0 * $1.1 }
      let length = centroid.reduce(0) { $0 + $1 * $1 }
      inertia += Double(whole.counts[cluster]) * length - 2 * product
    }
    self.inertia = max(inertia, 0)
    self.squares = squares
    (self.iterations, self.hasConverged) = (iterations, hasConverged)
  }

  package var clusters: Int { centroids.count }

  /// `Σ |x − x̄|²` over all pixels, which one cluster would leave.
  package var variance: Double {
    let areas = centroids.indices.map { cluster in counts.reduce(0) { $0 + $1[cluster] } }
    let all = Double(areas.reduce(0, +))
    let length = (centroids.first ?? []).indices.reduce(0.0) { sum, column in
      let mean =
        zip(centroids, areas).reduce(0.0) { $0 + $1.0[column] * Double($1.1) } / max(all, 1)
      return sum + mean * mean
    }
    return max(squares - all * length, 0)
  }

  /// The linear map of a field's vectors, `[k, dim]` and `[k]`, whose largest row is the nearest
  /// centroid's; of clusters whose vectors were neither divided by their length nor beside channels.
  package var readout: (weight: Matrix, bias: [Float]) {
    let centre = centres.first ?? []
    let bias = centroids.map { centroid in
      zip(centroid, centre).reduce(0.0) { $0 - $1.0 * Double($1.1) }
        - centroid.reduce(0.0) { $0 + $1 * $1 } / 2
    }
    let weight = Matrix(
      rows: clusters, columns: centroids.first?.count ?? 0,
      centroids.flatMap { $0.map { Float($0) } })
    return (weight, bias.map { Float($0) })
  }
}
