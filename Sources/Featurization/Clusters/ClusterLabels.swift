import Analysis
import Fields
import Imaging
import LinearAlgebra
import Segmentation

/// The label images of clustered fields, merged and cleaned up, with their classes.
struct ClusterLabels {
  let images: [LabelImage]
  /// The same before they were cleaned up.
  let uncleaned: [LabelImage]
  let classes: [LabelClass]
  /// The clusters of each class, where some were merged.
  let members: [[Int]]?

  init(
    _ clustered: ClusteredImages, of fields: [ClusteredField], _ options: ClusterOptions,
    workers: ThreadPool
  ) throws(FeaturizationError) {
    let clusters = clustered.clusters
    let clean = options.clean
    var labels = clusters.images
    if let groups = clustered.groups {
      let merged = clusters.merged(groups)
      (labels, members) = (merged.images, merged.members)
    } else {
      members = nil
    }
    uncleaned = labels
    let ids = (1...(members?.count ?? clusters.clusters)).map { UInt8($0) }
    classes = ids.map { LabelClass.cluster($0) }
    if clean.changesScores {
      // The mean squared distance: a pixel as far as that from two centroids is as unsure of both.
      let pixels = clusters.counts.reduce(0) { $0 + $1.reduce(0, +) }
      let temperature = clusters.inertia / Double(max(pixels, 1))
      var cleaned: [LabelImage] = []
      for (vectors, field) in zip(options.vectors(of: fields, workers: workers), fields) {
        cleaned.append(
          try clean.labels(
            of: vectors.scores(clusters.centroids, temperature: temperature, workers: workers),
            guide: field.picture.levels, workers: workers))
      }
      labels = cleaned
    }
    images = labels.map { clean.labels($0, ids: ids, workers: workers) }
  }

  /// Bytes of memory while they are made, for each pixel of one field at a time.
  static func bytes(of fields: [ClusteredField], _ options: ClusterOptions) -> Int {
    let area = fields.reduce(0) { $0 + $1.picture.grey.count }
    let pixel =
      options.clean.changesScores
      ? 12 * options.clusters + options.clean.bytesOfPixel(classes: options.clusters)
      : options.clean.bytesOfPixel(classes: 0)
    return area * (4 + pixel)
      + (options.clean.changesScores ? options.bytes(of: fields) : 0)
  }
}

extension LabelClass {
  /// A cluster's class: those of few clusters have the colours of painted classes, further ones
  /// colours that turn by the golden angle.
  static func cluster(_ id: UInt8) -> LabelClass {
    let name = "cluster \(id)"
    guard Int(id) > palette.count else {
      return LabelClass(id: id, name: name, color: palette[Int(id) - 1])
    }
    let turn = (Double(id) * 0.618_033_988_749_895).truncatingRemainder(dividingBy: 1)
    let level = [0.95, 0.75, 0.55][Int(id) % 3]
    let saturation = [0.8, 0.5][Int(id) / 3 % 2]
    func channel(_ shift: Double) -> UInt8 {
      let hue = (turn + shift).truncatingRemainder(dividingBy: 1)
      let wave = min(max(abs(hue * 6 - 3) - 1, 0), 1)
      return UInt8(255 * level * (1 - saturation * (1 - wave)))
    }
    return LabelClass(
      id: id, name: name,
      color: Color(red: channel(0), green: channel(2.0 / 3), blue: channel(1.0 / 3)))
  }
}
