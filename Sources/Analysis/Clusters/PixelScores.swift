import Fields
import Imaging
package import LinearAlgebra
package import Segmentation

extension PixelVectors {
  /// How near each pixel is to each centroid, one plane for each cluster.
  ///
  /// `(x · c − ½ |c|²) / temperature`: of one pixel these differ from −½ |x − c|² by a constant, and
  /// the largest is that of the nearest centroid.
  package func scores(
    _ centroids: [[Double]], temperature: Double, workers: ThreadPool? = nil
  ) -> Scores {
    let k = centroids.count
    let scale = temperature > 0 ? 1 / temperature : 1
    let weights = Matrix(
      rows: k, columns: dim,
      centroids.flatMap { $0.prefix(dim).map { Float($0 * scale) } })
    let offsets = centroids.map { Float(-$0.reduce(0) { $0 + $1 * $1 } / 2 * scale) }
    let beside = centroids.flatMap { $0.dropFirst(dim).map { Float($0 * scale) } }
    let products = field.projected(onto: weights, workers: workers)
    let planes = MutableMatrix(rows: k, columns: count)
    let none = Matrix(rows: 0, columns: count)
    let bands = Blocks(of: size.height, atMost: 32)
    workers.forEach(bands.count) { [self] index, _ in
      let rows = bands[index]
      let values = MutableMatrix(rows: rows.count * size.width, columns: k)
      products.rows(rows, into: values.all)
      let pixels = rows.lowerBound * size.width..<rows.upperBound * size.width
      if let lengths {
        for (row, length) in lengths[pixels].enumerated() {
          for cluster in 0..<k {
            values[row, cluster] = length > 0 ? values[row, cluster] / length : 0
          }
        }
      }
      let beneath = self.planes ?? none
      ScoreKernels.current.project(
        beneath[rows: 0..<beneath.rows, columns: pixels], onto: beside, bias: offsets,
        adding: values.view, into: planes[rows: 0..<k, columns: pixels])
    }
    return Scores(size: size, ids: (1...k).map { UInt8($0) }, planes: planes.frozen())
  }
}
