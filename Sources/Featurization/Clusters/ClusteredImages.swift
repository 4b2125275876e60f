import Analysis
import Encoders
import Fields
import Files
import Imaging
import LinearAlgebra
import Segmentation

/// The clusters of the pixels of one or several fields.
struct ClusteredImages: DerivedValue {
  let clusters: PixelClusters
  /// The group of each cluster, from 0; `nil` where none were merged.
  let groups: [Int]?

  var bytes: Int {
    clusters.images.reduce(0) { $0 + $1.ids.count }
      + 8 * clusters.centroids.reduce(0) { $0 + $1.count }
  }
}

/// A field whose pixels are clustered, with what clusters are made of.
struct ClusteredField: Sendable {
  let record: FieldRecord
  let image: FieldImage
  let picture: FieldPicture
}

extension ClusterOptions {
  /// The vectors of fields' pixels as clusters see them.
  func vectors(of fields: [ClusteredField], workers: ThreadPool) -> [PixelVectors] {
    let deep = fields.map { $0.image.features(.pixel) }
    let means = deep.map { $0.mean(workers: workers) }
    let sizes = deep.map { Double($0.shown.width * $0.shown.height) }
    let all = sizes.reduce(0, +)
    let joint = Matrix(
      rows: 1, columns: deep[0].dim,
      (0..<deep[0].dim).map { column in
        Float(zip(means, sizes).reduce(0) { $0 + Double($1.0[0, column]) * $1.1 } / all)
      })
    let centres: [Matrix?] = means.map { mean in
      // Without lengths the mean makes no difference, but to rounding.
      isCentred ? mean : normalise == .l2 ? nil : joint
    }
    guard features == .hybrid else {
      return zip(deep, centres).map {
        PixelVectors($0, centre: $1, isUnit: normalise == .l2, workers: workers)
      }
    }
    let squares = zip(deep, centres).enumerated().reduce(0.0) { sum, pair in
      let (index, (field, centre)) = pair
      return sum + field.meanSquare(about: centre ?? joint, workers: workers) * sizes[index]
    }
    let hybrid = HybridPlanes(
      of: fields.map(\.picture.levels), .scales42, variance: squares / all, workers: workers)
    return zip(zip(deep, centres), hybrid.planes).map {
      PixelVectors($0.0, centre: $0.1, planes: $1, workers: workers)
    }
  }

  /// Bytes of memory while clusters of fields are made.
  func bytes(of fields: [ClusteredField]) -> Int {
    let area = fields.reduce(0) { $0 + $1.picture.grey.count }
    let read = fields.reduce(0) { $0 + 2 * 4 * $1.image.cells * $1.image.encoded.dim }
    let dim = fields.first?.image.encoded.dim ?? 0
    let beside = features == .hybrid ? 8 * ClassicalSet.scales42.channels : 0
    // Labels of two passes, and the sums of a batch of strips.
    return read + area * (8 + beside) + 32 * 8 * clusters * dim + KMeans.mostSeeds * 12 * dim
  }

  /// Clusters of fields; `report` is told how far they are, 0…1.
  ///
  /// Throws `FeaturizationError`, or `CancellationError` once it should stop.
  func clustered(
    _ fields: [ClusteredField], workers: ThreadPool, shouldStop: @escaping @Sendable () -> Bool,
    report: (Double) -> Void
  ) throws -> ClusteredImages {
    guard fields.contains(where: \.image.encoded.hasContrast) else {
      throw FeaturizationError.analysis(.noContrast)
    }
    do {
      let clusters = try kMeans(
        vectors(of: fields, workers: workers), workers: workers, shouldStop: shouldStop,
        report: report)
      return try grouped(clusters, of: fields, workers: workers)
    } catch let error as AnalysisError {
      throw FeaturizationError.analysis(error)
    }
  }

  /// Clusters with the groups that some of them become.
  ///
  /// Throws `FeaturizationError` where there are not so many.
  func grouped(
    _ clusters: PixelClusters, of fields: [ClusteredField], workers: ThreadPool
  ) throws -> ClusteredImages {
    var densities: [Double] = []
    if merge == .hrdv2 {
      densities = clusters.means(
        of: fields.map { field in field.image.field(.pixel) { $0.classAttention[.output] } },
        workers: workers)
    }
    do {
      let groups = try merge.rule(densities).map { rule in
        try clusters.groups(by: rule, seed: UInt64(seed))
      }
      return ClusteredImages(clusters: clusters, groups: groups)
    } catch let error as AnalysisError {
      throw FeaturizationError.analysis(error)
    }
  }
}

extension ClusterMerge {
  fileprivate func rule(_ densities: [Double]) -> PixelClusters.Merging? {
    switch self {
    case .none: nil
    case .hrdv2: .density(densities)
    case .ward(let groups): .ward(groups)
    case .complete(let groups): .complete(groups)
    case .kmeans(let groups): .kmeans(groups)
    }
  }
}
