import Imaging
package import LinearAlgebra
package import Segmentation

/// Classical features of pictures as channels beside a field's vectors.
///
/// Each is standardised over the pixels of all pictures together, and all are scaled alike, so that
/// their variances add up to that of the vectors.
package struct HybridPlanes: Sendable {
  /// Of each picture, `[channels, height · width]`.
  package let planes: [Matrix]

  /// Computes them; `variance` is the mean squared distance of the vectors from their mean.
  package init(
    of pictures: [GreyPicture], _ set: ClassicalSet, variance: Double, workers: ThreadPool? = nil
  ) {
    let raw = pictures.map { ClassicalFeatures(of: $0, set).planes(workers: workers) }
    let count = Double(raw.reduce(0) { $0 + $1.columns })
    let scale = (variance / Double(set.channels)).squareRoot()
    let moments = workers.map(set.channels) { channel, _ in
      let mean = raw.reduce(0.0) { $0 + $1.row(channel).reduce(0.0) { $0 + Double($1) } } / count
      let square = raw.reduce(0.0) {
        $0 + $1.row(channel).reduce(0.0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
      }
      return (mean: mean, deviation: (square / count).squareRoot())
    }
    planes = raw.map { picture in
      let made = MutableMatrix(rows: picture.rows, columns: picture.columns)
      workers.forEach(picture.rows) { channel, _ in
        let (mean, deviation) = moments[channel]
        // A channel that is the same everywhere stays zero.
        guard deviation > 1e-6 * max(abs(mean), 1e-6) else { return }
        let centre = Matrix(
          rows: 1, columns: picture.columns,
          Array(repeating: Float(mean), count: picture.columns))
        RowKernels.current.combine(
          [picture[rows: channel..<channel + 1]], weights: [Float(scale / deviation)],
          centre: centre, into: made[rows: channel..<channel + 1])
      }
      return made.frozen()
    }
  }
}
