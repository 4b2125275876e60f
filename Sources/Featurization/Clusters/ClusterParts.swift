import Analysis
import Encoders
import Imaging
import LinearAlgebra
import Segmentation

/// Parts of what several images have in common: clusters of the pixels in salient clusters.
///
/// Source: Amir et al. 2021, §4.2.
struct ClusterParts {
  /// The parts by descending area, from 1; 0 is the background.
  let images: [LabelImage]
  let classes: [LabelClass]
  let clusters: PixelClusters
  /// The inertia of one part, of two and so on; `nil` where their number was given.
  let inertias: [Double]?

  /// Those that every image has a pixel of.
  var common: [Int] {
    let counts = images.map(\.counts)
    return classes.map { Int($0.id) }.filter { id in counts.allSatisfy { $0[id] > 0 } }
  }

  /// Finds the parts of salient clusters.
  ///
  /// Throws `FeaturizationError`, or `CancellationError` once it should stop.
  init(
    _ number: JointClusters.Parts, of salient: [Int], _ labels: ClusterLabels,
    _ clustered: ClusteredImages,
    of fields: [ClusteredField], _ options: ClusterOptions, workers: ThreadPool,
    shouldStop: @escaping @Sendable () -> Bool, report: (Double) -> Void
  ) throws {
    let wanted = Set(salient.map { UInt8($0) })
    let whole = options.vectors(of: fields, workers: workers)
    let vectors = zip(whole, labels.images).map { vectors, image in
      vectors.within(image.ids.map { wanted.contains($0) }, workers: workers)
    }
    guard labels.images.contains(where: { $0.ids.contains { wanted.contains($0) } }) else {
      throw FeaturizationError.analysis(.nothingSalient)
    }
    do {
      (clusters, inertias) = try options.chosen(number) { k throws in
        try options.with(clusters: k).kMeans(
          vectors, workers: workers, shouldStop: shouldStop, report: report)
      }
    } catch let error as AnalysisError {
      throw FeaturizationError.analysis(error)
    }
    let ids = (1...clusters.clusters).map { UInt8($0) }
    classes = ids.map { LabelClass.cluster($0).renamed("part \($0)") }
    let background = labels.background(of: clustered, without: wanted)
    let (found, clean, other) = (clusters, options.clean, UInt8(ids.count + 1))
    images = try whole.indices.map { index in
      var image = found.images[index].replacing(0, by: other)
      if clean.changesScores {
        let pixels = max(found.counts.reduce(0) { $0 + $1.reduce(0, +) }, 1)
        let scores = whole[index].scores(
          ofParts: found.centroids, background: background,
          temperature: found.inertia / Double(pixels), workers: workers)
        image = try clean.labels(of: scores, guide: fields[index].picture.levels, workers: workers)
      }
      return clean.labels(image, ids: ids + [other], workers: workers).replacing(other, by: 0)
    }
  }

  /// Bytes of memory while they are made, beside those of the clusters.
  static func bytes(
    _ number: JointClusters.Parts, of fields: [ClusteredField], _ options: ClusterOptions
  ) -> Int {
    let area = fields.reduce(0) { $0 + $1.picture.grey.count }
    let parts = options.with(clusters: number.most + options.clusters)
    // Masks, and what labels are cleaned up from.
    return parts.bytes(of: fields) + 2 * area + ClusterLabels.bytes(of: fields, parts)
  }
}

extension ClusterOptions {
  /// Clusters whose number is given, or found by an elbow.
  fileprivate func chosen(
    _ number: JointClusters.Parts, _ find: (Int) throws -> PixelClusters
  ) throws -> (PixelClusters, [Double]?) {
    guard let elbow = number.elbow else { return (try find(number.most), nil) }
    var last: PixelClusters?
    let (_, inertias) = try Cosegmentation.elbow(elbow, atMost: number.most) { k in
      let found = try find(k)
      last = found
      return found.inertia
    }
    guard let last else { preconditionFailure("an elbow of no clusters") }
    return (last, inertias)
  }
}

extension ClusterLabels {
  /// The centroids of clusters whose class is none of these.
  fileprivate func background(
    of clustered: ClusteredImages, without wanted: Set<UInt8>
  ) -> [[Double]] {
    let clusters =
      members.map { members in
        classes.filter { !wanted.contains($0.id) }.flatMap { members[Int($0.id) - 1] }
      } ?? classes.filter { !wanted.contains($0.id) }.map { Int($0.id) }
    return clusters.map { clustered.clusters.centroids[$0 - 1] }
  }
}

extension LabelImage {
  fileprivate func replacing(_ id: UInt8, by other: UInt8) -> LabelImage {
    LabelImage(size: size, ids: ids.map { $0 == id ? other : $0 })
  }
}

extension LabelClass {
  fileprivate func renamed(_ name: String) -> LabelClass {
    LabelClass(id: id, name: name, color: color)
  }
}
