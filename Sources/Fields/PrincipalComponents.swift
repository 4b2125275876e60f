package import LinearAlgebra

/// The directions in which a field's pixels vary most.
///
/// Exact over all shown pixels, centred, not standardised. Each component's loading of largest
/// magnitude is positive; of equal ones, the first.
package struct PrincipalComponents: Sendable {
  /// The mean vector, `[dim]`.
  package let mean: [Float]
  /// Unit vectors, by descending eigenvalue, `[count, dim]`.
  package let components: Matrix
  /// Variances along the components: eigenvalues of the covariance divided by H·W, `[count]`.
  package let eigenvalues: [Double]

  /// The first `count` components, or all when there are fewer.
  package init(of field: FeatureField, count: Int, workers: Workers? = nil)
    throws(SymmetricEigen.Failure)
  {
    precondition(count > 0, "\(count) components")
    let covariance = Covariance(of: field, workers: workers)
    let eigen = try SymmetricEigen(of: covariance.values, order: field.dim)
    let count = min(count, field.dim)
    mean = covariance.mean.values
    eigenvalues = Array(eigen.values.prefix(count))
    components = Matrix(
      rows: count, columns: field.dim,
      (0..<count).flatMap { PrincipalComponents.signed(eigen.vector($0)).map { Float($0) } })
  }

  private static func signed(_ vector: [Double]) -> [Double] {
    var largest = 0.0
    for value in vector where abs(value) > abs(largest) { largest = value }
    return largest < 0 ? vector.map { -$0 } : vector
  }
}

extension FeatureField {
  /// The scores on the components, `components · (v − mean)` at every pixel: `[dim] → [count]`.
  package func projected(onto principal: PrincipalComponents, workers: Workers? = nil)
    -> FeatureField
  {
    let components = principal.components
    precondition(components.columns == dim, "components of \(components.columns) for \(dim) dims")
    let offset = (0..<components.rows).map { index in
      let products = zip(components.row(index), principal.mean).map { Double($0) * Double($1) }
      return Float(-products.reduce(0, +))
    }
    return projected(by: components, offset: offset, workers: workers)
  }
}
