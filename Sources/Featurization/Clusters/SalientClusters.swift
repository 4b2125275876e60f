import Analysis
import Encoders
import Fields
import LinearAlgebra
import Segmentation

/// The clusters of several images that the class token attends to, before they are cleaned up.
///
/// Source: Amir et al. 2021, §4.1, with the mean of all heads, and the clusters' mean in place of a
/// threshold.
struct SalientClusters {
  /// The mean attention over each cluster in each image, from the least to the greatest of the image,
  /// 0…1; `nil` where it has none.
  let attention: [[Double?]]
  /// Those above the mean in most images, ascending.
  let ids: [Int]

  /// The share of images in which a cluster stands out that is called salient.
  private static let share = 0.75

  init(_ labels: ClusterLabels, of fields: [ClusteredField], workers: ThreadPool) {
    var saliency: [[Double?]] = []
    for (index, field) in fields.enumerated() {
      let attention = field.image.field(.pixel) { $0.classAttention[.softmax] }
      let heads = Matrix(
        rows: 1, columns: attention.dim,
        Array(repeating: 1 / Float(attention.dim), count: attention.dim))
      let means = attention.projected(onto: heads, workers: workers)
      let values = means.strips(workers) { _, values in values.values }.flatMap { $0 }
      let (low, high) = (values.min() ?? 0, values.max() ?? 0)
      var (sums, counts) = ([Double](repeating: 0, count: 256), [Int](repeating: 0, count: 256))
      for (value, id) in zip(values, labels.uncleaned[index].ids) {
        sums[Int(id)] += high > low ? Double((value - low) / (high - low)) : 0
        counts[Int(id)] += 1
      }
      saliency.append(
        labels.classes.map { one in
          let id = Int(one.id)
          return counts[id] > 0 ? sums[id] / Double(counts[id]) : nil
        })
    }
    attention = saliency
    ids = Cosegmentation.salient(
      saliency, above: Cosegmentation.meanSaliency(saliency),
      inShareOfImages: SalientClusters.share
    ).map { $0 + 1 }
  }
}
