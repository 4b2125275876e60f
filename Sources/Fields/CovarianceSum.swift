import Imaging
package import LinearAlgebra

/// The mean and covariance of all pixels of several fields together, which are added one by one.
///
/// Exact except for rounding, as `Covariance` is for one field; no field is kept.
package struct CovarianceSum: Sendable {
  /// The scatter is right in its upper triangle alone.
  private var moments: Moments

  package init(dim: Int) {
    moments = Moments(dim: dim)
  }

  /// Adds the pixels of one more field.
  package mutating func add(_ field: FeatureField, workers: ThreadPool? = nil) {
    let covariance = Covariance(of: field, workers: workers)
    let pixels = field.shown.width * field.shown.height
    moments.join(
      Moments(
        count: pixels, mean: covariance.mean.values.map { Double($0) },
        scatter: covariance.values.map { $0 * Double(pixels) }))
  }

  /// The principal components over the pixels of all fields, of which there must be one at least.
  package func basis() throws(SymmetricEigen.Failure) -> Basis {
    precondition(moments.count > 0, "the components of no pixel")
    return try Basis(
      mean: moments.mean.map { Float($0) },
      covariance: moments.scatter.map { $0 / Double(moments.count) })
  }
}
