import LinearAlgebra

/// The number of vectors, their mean and their scatter, combined part by part.
///
/// A part is centred about its own mean in float32, parts are combined in float64, which avoids
/// cancellation. Source: Chan, Golub & LeVeque 1983, eq. 1.5, for vectors.
struct Moments: Sendable {
  private(set) var count = 0
  /// `[dim]`.
  private(set) var mean: [Double]
  /// `Σ (v − mean)(v − mean)ᵀ`, `[dim, dim]`.
  private(set) var scatter: [Double]

  init(dim: Int) {
    mean = Array(repeating: 0, count: dim)
    scatter = Array(repeating: 0, count: dim * dim)
  }

  /// Known moments; of the scatter, parts that are not used may be left out.
  init(count: Int, mean: [Double], scatter: [Double]) {
    precondition(scatter.count == mean.count * mean.count, "\(scatter.count) for \(mean.count)")
    (self.count, self.mean, self.scatter) = (count, mean, scatter)
  }

  /// The moments of one non-empty part, with the part centred about its mean.
  static func of(_ vectors: MatrixView) -> (moments: Moments, centred: Matrix) {
    precondition(vectors.rows > 0, "the mean of no vectors")
    let dim = vectors.columns
    var moments = Moments(dim: dim)
    moments.count = vectors.rows
    for row in 0..<vectors.rows {
      for (i, value) in vectors[rows: row..<row + 1].values.enumerated() {
        moments.mean[i] += Double(value)
      }
    }
    for i in 0..<dim { moments.mean[i] /= Double(vectors.rows) }
    let (centre, centred) = (
      Matrix(rows: 1, columns: dim, moments.mean.map { Float($0) }),
      MutableMatrix(rows: vectors.rows, columns: dim)
    )
    RowKernels.current.combine([vectors], weights: [1], centre: centre, into: centred.all)
    let products = MutableMatrix(rows: dim, columns: dim)
    multiply(transposed: centred.view, by: centred.view, into: products.all)
    moments.scatter = products.values.map { Double($0) }
    return (moments, centred.frozen())
  }

  /// Combines the moments of two parts.
  mutating func join(_ other: Moments) {
    precondition(mean.count == other.mean.count, "\(other.mean.count) dims for \(mean.count)")
    let all = Double(count + other.count)
    guard all > 0 else { return }
    let away = zip(other.mean, mean).map { $0 - $1 }
    let share = Double(other.count) / all
    let dim = mean.count
    for i in 0..<dim {
      let factor = Double(count) * share * away[i]
      for j in 0..<dim { scatter[i * dim + j] += other.scatter[i * dim + j] + factor * away[j] }
      mean[i] += share * away[i]
    }
    count += other.count
  }

  /// The sum of the squared distances from the mean.
  var deviance: Double { mean.indices.reduce(0) { $0 + scatter[$1 * (mean.count + 1)] } }
}
