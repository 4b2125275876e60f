import Analysis
import Encoders
import Imaging
import LinearAlgebra
import Segmentation

/// The boxes of what the class token attends to: many clusters become few groups by its attention, and
/// those above the groups' mean are the foreground.
///
/// Source: HR-Dv2's unsupervised segmentation, without its random field.
struct ClusterBoxes: DerivedValue {
  let boxes: [ForegroundBoxes.Box]
  /// Of each group the mean attention over its pixels, divided by the largest, by its id from 1.
  private let scores: [Double]

  var bytes: Int { 64 * boxes.count + 8 * scores.count }

  /// Clusters that are made where there are cells enough.
  private static let usualClusters = 80
  private static let cellsOfCluster = 4

  static func options(isCentred: Bool, cells: Int) -> ClusterOptions {
    ClusterOptions(
      mergedByAttention: min(usualClusters, max(cells / cellsOfCluster, 2)), isCentred: isCentred)
  }

  init(_ clustered: ClusteredImages, of field: ClusteredField, workers: ThreadPool) {
    let clusters = clustered.clusters
    let groups = clustered.groups ?? Array(0..<clusters.clusters)
    let densities = clusters.means(
      of: [field.image.field(.pixel) { $0.classAttention[.output] }], workers: workers)
    let (images, members) = clusters.merged(groups)
    let means = members.map { group in
      let areas = group.map { Double(clusters.counts[0][$0 - 1]) }
      let sum = zip(group, areas).reduce(0.0) { $0 + densities[$1.0 - 1] * $1.1 }
      return sum / max(areas.reduce(0, +), 1)
    }
    let mean = means.reduce(0, +) / Double(max(means.count, 1))
    let foreground = Set(means.indices.filter { means[$0] > mean }.map { UInt8($0 + 1) })
    boxes = ForegroundBoxes(of: images[0], foreground: foreground).boxes
    let largest = means.max() ?? 0
    scores = means.map { largest > 0 ? $0 / largest : 0 }
  }

  /// A box's class's score; the foreground's own is 1.
  func score(of box: ForegroundBoxes.Box) -> Double { box.id.map { scores[Int($0) - 1] } ?? 1 }
}

extension Query {
  /// The boxes of a field's foreground, found once.
  func clusterBoxes(of image: FieldImage, isCentred: Bool) async throws -> ClusterBoxes {
    let picture = try await picture(of: image)
    let field = ClusteredField(record: record, image: image, picture: picture)
    let options = ClusterBoxes.options(
      isCentred: isCentred, cells: image.encoded.encodings[0].grid.count)
    let clustered = try await clusters(of: field, options)
    let name = DerivedName(
      ClusterBoxes.self, of: record.name(of: "boxes \(canonical(options))"), .pixel)
    return try await service.derived(name) { [service, owner] in
      try await service.inTurn(bytes: 24 * picture.grey.count, owner) {
        ClusterBoxes(clustered, of: field, workers: service.threads)
      }
    }
  }
}
