import Analysis
import Encoders
import Fields
import Files
import Imaging
import LinearAlgebra
import Segmentation

/// What is told of clusters, as clients read it.
struct ClusterSummary: Encodable {
  struct Image: Encodable {
    let field: String
    let image: String
    let width: Int
    let height: Int
    var clusters: [Cluster]
    /// The cosine of the image's class token with the mean of all images'.
    var likeness: Double?
    var parts: [Cluster]?
  }

  struct Cluster: Encodable {
    let id: Int
    let color: String
    let pixels: Int
    /// Of the image.
    let share: Double
    /// 0…255; `nil` of no pixel.
    let mean_grey: Double?
    /// x, y, width and height of the smallest rectangle around it.
    let box: [Int]?
    /// The mean of the class token's attention, from the least to the greatest of the image, 0…1.
    var attention: Double?
  }

  let k: Int
  let seed: UInt32
  let iterations: Int
  let converged: Bool
  /// `Σ |x − c|²` over all pixels.
  let inertia: Double
  /// The share of the pixels' variance that the clusters have; `nil` where there is none.
  let explained: Double?
  /// The clusters of each group, where some were merged.
  let merged: [[Int]]?
  var images: [Image]
  /// The inertia of one cluster, of two and so on, where their number was chosen.
  var elbow: [Double]?
  /// Clusters that the class token attends to in most images.
  var salient: [Int]?
  /// The fields of images that are unlike the others.
  var outliers: [String]?
  var parts: Parts?

  /// What is told of the parts of salient clusters.
  struct Parts: Encodable {
    let k: Int
    let iterations: Int
    let converged: Bool
    let inertia: Double
    let elbow: [Double]?
    /// Those that every image has a pixel of.
    let common: [Int]
  }

  init(
    _ clustered: ClusteredImages, _ labels: ClusterLabels, of fields: [ClusteredField],
    _ options: ClusterOptions
  ) {
    let clusters = clustered.clusters
    k = options.clusters
    seed = options.seed
    (iterations, converged) = (clusters.iterations, clusters.hasConverged)
    inertia = clusters.inertia
    explained = clusters.variance > 0 ? 1 - clusters.inertia / clusters.variance : nil
    merged = labels.members
    images = zip(fields, labels.images).map { field, found in
      Image(
        field: field.record.name.description, image: field.record.image.imageName,
        width: found.size.width, height: found.size.height,
        clusters: ClusterSummary.clusters(found, field.picture.grey, labels.classes))
    }
  }

  /// The likeness below which an image is an outlier.
  ///
  /// Source: the code of Amir et al. 2021.
  private static let leastLikeness = 0.7

  /// Notes which clusters the class token attends to.
  mutating func note(_ found: SalientClusters, of fields: [ClusteredField]) {
    for index in images.indices {
      for (cluster, value) in found.attention[index].enumerated() {
        images[index].clusters[cluster].attention = value
      }
    }
    let likenesses = Cosegmentation.likenesses(
      fields.map { $0.image.encoded.encodings[0].classToken })
    for (index, likeness) in likenesses.enumerated() { images[index].likeness = likeness }
    outliers = images.filter { ($0.likeness ?? 1) < ClusterSummary.leastLikeness }.map(\.field)
    salient = found.ids
  }

  /// Notes the parts of these.
  mutating func note(_ found: ClusterParts, of fields: [ClusteredField]) {
    parts = Parts(
      k: found.clusters.clusters, iterations: found.clusters.iterations,
      converged: found.clusters.hasConverged, inertia: found.clusters.inertia,
      elbow: found.inertias, common: found.common)
    for (index, field) in fields.enumerated() {
      images[index].parts = ClusterSummary.clusters(
        found.images[index], field.picture.grey, found.classes)
    }
  }

  private static func clusters(
    _ labels: LabelImage, _ grey: [UInt8], _ classes: [LabelClass]
  ) -> [Cluster] {
    var extents = [PixelExtent](repeating: PixelExtent(), count: 256)
    var levels = [Int](repeating: 0, count: 256)
    let width = labels.size.width
    for (place, id) in labels.ids.enumerated() {
      extents[Int(id)].add(x: place % width, y: place / width)
      levels[Int(id)] += Int(grey[place])
    }
    return classes.map { one in
      let (extent, sum) = (extents[Int(one.id)], levels[Int(one.id)])
      return Cluster(
        id: Int(one.id), color: one.color.description, pixels: extent.area,
        share: Double(extent.area) / Double(labels.ids.count),
        mean_grey: extent.area > 0 ? Double(sum) / Double(extent.area) : nil,
        box: extent.rectangle.map { [$0.x, $0.y, $0.width, $0.height] })
    }
  }
}
