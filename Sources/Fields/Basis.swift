package import LinearAlgebra

/// The principal components of a field: all of them, in the order of descending variance.
///
/// Exact over all shown pixels, centred, not standardised, from one decomposition. It may be kept
/// and used for other fields of the same dimension, so that several images share one set of axes.
/// Each component's loading of largest magnitude is positive; of equal ones, the first.
package struct Basis: Sendable {
  /// The mean vector, `[dim]`.
  package let mean: [Float]
  /// Unit vectors, by descending eigenvalue, `[count, dim]`.
  package let components: Matrix
  /// Variances along the components: eigenvalues of the covariance divided by H·W, `[count]`.
  package let eigenvalues: [Double]

  package init(mean: [Float], components: Matrix, eigenvalues: [Double]) {
    precondition(
      components.columns == mean.count && components.rows == eigenvalues.count,
      "[\(components.rows), \(components.columns)], \(eigenvalues.count) of \(mean.count)")
    (self.mean, self.components, self.eigenvalues) = (mean, components, eigenvalues)
  }

  /// Computes all components of a field, as many as it has dimensions.
  package init(of field: FeatureField, workers: ThreadPool? = nil) throws(SymmetricEigen.Failure) {
    let covariance = Covariance(of: field, workers: workers)
    try self.init(mean: covariance.mean.values, covariance: covariance.values)
  }

  /// The components of a mean, `[dim]`, and the upper triangle of a covariance, `[dim, dim]`.
  init(mean: [Float], covariance: [Double]) throws(SymmetricEigen.Failure) {
    let dim = mean.count
    let eigen = try SymmetricEigen(of: covariance, order: dim)
    self.init(
      mean: mean,
      components: Matrix(
        rows: dim, columns: dim,
        (0..<dim).flatMap { Basis.signed(eigen.vector($0)).map { Float($0) } }),
      eigenvalues: eigen.values)
  }

  package var dim: Int { mean.count }

  /// The first `count` components, or all when there are fewer.
  package func first(_ count: Int) -> Basis {
    precondition(count > 0, "\(count) components")
    let count = min(count, eigenvalues.count)
    return Basis(
      mean: mean,
      components: Matrix(
        rows: count, columns: dim, components[rows: 0..<count].values),
      eigenvalues: Array(eigenvalues.prefix(count)))
  }

  private static func signed(_ vector: [Double]) -> [Double] {
    var largest = 0.0
    for value in vector where abs(value) > abs(largest) { largest = value }
    return largest < 0 ? vector.map { -$0 } : vector
  }
}

extension FeatureField {
  /// The scores on the components, `components · (v − mean)` at every pixel: `[dim] → [count]`.
  package func projected(onto basis: Basis, workers: ThreadPool? = nil) -> FeatureField {
    let components = basis.components
    precondition(components.columns == dim, "components of \(components.columns) for \(dim) dims")
    let bias = (0..<components.rows).map { index in
      let products = zip(components.row(index), basis.mean).map { Double($0) * Double($1) }
      return Float(-products.reduce(0, +))
    }
    return projected(onto: components, bias: bias, workers: workers)
  }
}
