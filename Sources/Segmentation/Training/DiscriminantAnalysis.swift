import Foundation
import LinearAlgebra

/// Linear discriminant analysis with a shrunk covariance: a closed form, and so the live preview.
///
/// Source: scikit-learn's `LinearDiscriminantAnalysis(solver="lsqr", shrinkage=…)`; classes that
/// count alike are its `priors`.
package struct DiscriminantAnalysis: Sendable, Hashable {
  /// How much of each class's covariance is made its mean variance, 0…1.
  package var shrinkage = 0.1
  /// Whether each class is as likely as each other.
  package var isBalanced = true

  package init() {}

  /// The classifier of classes' moments; `ids` are theirs.
  package func fit(_ moments: ClassMoments, ids: [UInt8]) throws(SegmentationError) -> LinearModel {
    precondition(ids.count == moments.classes, "\(ids.count) ids for \(moments.classes) classes")
    let (dim, count) = (moments.dim, moments.classes)
    let total = (0..<count).reduce(0) { $0 + moments.weight($1) }
    let priors = (0..<count).map {
      isBalanced ? 1 / Double(count) : moments.weight($0) / total
    }
    let covariance = DoubleMatrix(rows: dim, columns: dim)
    let means = (0..<count).map { moments.mean($0) }
    for k in 0..<count {
      covariance.addCovariance(
        of: moments.sums[k], mean: means[k], share: priors[k], shrinkage: shrinkage)
    }
    guard let factor = Cholesky(of: covariance) else { throw .singular }
    let coefficients = factor.solve(means.flatMap { $0 })
    let intercepts = (0..<count).map { k in
      var product = 0.0
      for d in 0..<dim { product += coefficients[k * dim + d] * means[k][d] }
      return log(priors[k]) - 0.5 * product
    }
    let model = LinearModel(
      kind: .lda, ids: ids, dim: dim, coefficients: coefficients, intercepts: intercepts)
    let (published, constants) = model.published
    return LinearModel(kind: .lda, ids: ids, dim: dim, published: published, constants)
  }
}
