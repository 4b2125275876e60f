import LinearAlgebra

/// Least squares to +1 for a class and −1 for the others, with a ridge: a closed form.
///
/// Its scores are no logits, and their softmax no probabilities. Source: scikit-learn's
/// `RidgeClassifier`.
package struct RidgeRegression: Sendable, Hashable {
  /// The strength of the ridge.
  package var alpha = 1.0

  package init() {}

  /// The classifier of classes' moments, which hold the rows' weights; `ids` are theirs.
  package func fit(_ moments: ClassMoments, ids: [UInt8]) throws(SegmentationError) -> LinearModel {
    precondition(ids.count == moments.classes, "\(ids.count) ids for \(moments.classes) classes")
    let (dim, count) = (moments.dim, moments.classes)
    let weights = (0..<count).map { moments.weight($0) }
    let total = weights.reduce(0, +)
    let classMeans = (0..<count).map { moments.mean($0) }
    let mean = (0..<dim).map { d in
      (0..<count).reduce(0) { $0 + weights[$1] * classMeans[$1][d] } / total
    }
    let matrix = DoubleMatrix(rows: dim, columns: dim)
    for k in 0..<count { matrix.addScatter(of: moments.sums[k]) }
    matrix.subtractSquare(of: mean, times: total)
    for d in 0..<dim { matrix[d, d] += alpha }
    guard let factor = Cholesky(of: matrix) else { throw .singular }
    // Σ s (x − x̄)(t − t̄) with t = ±1 is 2 nₖ (x̄ₖ − x̄).
    let targets = (0..<count).flatMap { k in
      (0..<dim).map { 2 * weights[k] * (classMeans[k][$0] - mean[$0]) }
    }
    let solved = factor.solve(targets)
    // Of two classes scikit-learn fits the later alone; ours are each half of it.
    let scale = count == 2 ? 0.5 : 1
    let intercepts = (0..<count).map { k in
      var product = 0.0
      for d in 0..<dim { product += solved[k * dim + d] * mean[d] }
      return scale * (2 * weights[k] / total - 1 - product)
    }
    return LinearModel(
      kind: .ridge, ids: ids, dim: dim, coefficients: solved.map { scale * $0 },
      intercepts: intercepts)
  }
}
