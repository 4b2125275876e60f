package import LinearAlgebra
package import Segmentation

extension PixelVectors {
  /// How near each pixel is to each part, and as the last plane to the nearest of the centroids that
  /// are no part's, where there are some.
  ///
  /// Twice the difference of two planes is that of the squared distances, divided by the temperature.
  /// Source: the unary costs of Amir et al. 2021, §4.2.
  package func scores(
    ofParts parts: [[Double]], background: [[Double]], temperature: Double,
    workers: ThreadPool? = nil
  ) -> Scores {
    let all = scores(parts + background, temperature: temperature, workers: workers)
    guard background.count > 1 else { return all }
    let planes = MutableMatrix(rows: parts.count + 1, columns: count)
    planes.all.copy(all.planes[rows: 0..<parts.count + 1, columns: 0..<count])
    var nearest = all.planes.row(parts.count)
    for centroid in parts.count + 1..<all.planes.rows {
      for (pixel, value) in all.planes.row(centroid).enumerated() where value > nearest[pixel] {
        nearest[pixel] = value
      }
    }
    planes[rows: parts.count..<parts.count + 1].copy(
      Matrix(rows: 1, columns: count, nearest).all)
    return Scores(size: size, ids: (1...parts.count + 1).map { UInt8($0) }, planes: planes.frozen())
  }
}
