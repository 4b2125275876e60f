import LinearAlgebra

/// How many vectors there were, their mean and their scatter, joined part by part.
///
/// A part is centred about its own mean in float32, parts are joined in float64: nothing large is
/// taken from anything large. Source: Chan, Golub & LeVeque 1983, eq. 1.5, for vectors.
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

  /// Those of one part, of which some vectors are there; and the part about its mean.
  static func of(_ vectors: Matrix) -> (moments: Moments, centred: Matrix) {
    precondition(vectors.rows > 0, "the mean of no vectors")
    let dim = vectors.columns
    var moments = Moments(dim: dim)
    moments.count = vectors.rows
    for row in 0..<vectors.rows {
      for (i, value) in vectors.row(row).enumerated() {
        moments.mean[i] += Double(value)
      }
    }
    for i in 0..<dim { moments.mean[i] /= Double(vectors.rows) }
    let (centre, centred) = (
      Matrix(rows: 1, columns: dim, moments.mean.map { Float($0) }),
      Matrix(rows: vectors.rows, columns: dim)
    )
    RowKernels.current.combine([vectors.all], weights: [1], centre: centre, into: centred.all)
    let products = Matrix(rows: dim, columns: dim)
    multiply(transposed: centred.all, by: centred.all, into: products.all)
    moments.scatter = products.values.map { Double($0) }
    return (moments, centred)
  }

  /// Those of both parts together.
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
