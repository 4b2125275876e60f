package import Fields
import Imaging
package import LinearAlgebra
import Segmentation

extension PixelClusters {
  /// The mean of a field's channels, added up, over each cluster's pixels of all images; 0 of an
  /// empty cluster.
  package func means(of fields: [FeatureField], workers: ThreadPool? = nil) -> [Double] {
    precondition(fields.count == images.count, "\(fields.count) fields of \(images.count) images")
    var sums = [Double](repeating: 0, count: clusters)
    for (field, labels) in zip(fields, images) {
      let ones = Matrix(rows: 1, columns: field.dim, Array(repeating: 1, count: field.dim))
      let (width, k) = (field.shown.width, clusters)
      precondition(field.shown == labels.size, "\(field.shown) for \(labels.size)")
      let parts = field.projected(onto: ones, workers: workers).strips(workers) { rows, values in
        var part = [Double](repeating: 0, count: k)
        for (value, id) in zip(
          values.values, labels.ids[rows.lowerBound * width..<rows.upperBound * width])
        { part[Int(id) - 1] += Double(value) }
        return part
      }
      for part in parts { for cluster in 0..<k { sums[cluster] += part[cluster] } }
    }
    let areas = (0..<clusters).map { cluster in counts.reduce(0) { $0 + $1[cluster] } }
    return zip(sums, areas).map { $1 > 0 ? $0 / Double($1) : 0 }
  }
}
