package import Encoders
import Imaging
package import LinearAlgebra

/// Statistics of the vectors of many images, accumulated map by map; no map is kept.
///
/// Of N patches with vectors `fᵢ`, `μ` is the mean of all, `μ(i)` that of the patches of i's own
/// image, and `λ₁ ≥ λ₂ ≥ …` are the eigenvalues of the covariance `Σᵢ (fᵢ − μ)(fᵢ − μ)ᵀ / N`. A
/// statistic is `nil` where all vectors are equal. It takes dim² numbers, for any number of maps.
package struct FeatureStatistics: Sendable {
  package private(set) var maps = 0
  private var moments: Moments
  /// `Σᵢ |fᵢ − μ(i)|²`.
  private var within = 0.0
  /// `Σ ⟨fᵢ − μ(i), fⱼ − μ(j)⟩` over pairs of patches that share a side, and the number of pairs.
  private var neighbours = (products: 0.0, pairs: 0)

  package init(dim: Int) {
    moments = Moments(dim: dim)
  }

  /// The number of patches of all maps.
  package var patches: Int { moments.count }

  /// Adds the map of one more image.
  package mutating func add(_ map: FeatureMap) {
    let (own, centred) = Moments.of(map.vectors.all)
    maps += 1
    within += own.deviance
    let (rows, columns) = (map.grid.rows, map.grid.columns)
    for row in 0..<rows {
      for column in 0..<columns {
        let patch = row * columns + column
        let vector = centred.row(patch)
        for (isThere, other) in [
          (column + 1 < columns, patch + 1), (row + 1 < rows, patch + columns),
        ] where isThere {
          neighbours.products += zip(vector, centred.row(other)).reduce(0) {
            $0 + Double($1.0) * Double($1.1)
          }
          neighbours.pairs += 1
        }
      }
    }
    moments.join(own)
  }
}

extension FeatureStatistics {
  /// The participation ratio `(Σ λ)² / Σ λ²`: the equivalent number of directions of equal
  /// variance.
  ///
  /// 1 where all vectors are on a line, dim where no direction stands out.
  package var dimensions: Double? {
    let squares = moments.scatter.reduce(0) { $0 + $1 * $1 }
    return squares > 0 ? moments.deviance * moments.deviance / squares : nil
  }

  /// The share of variance in the first three components, `(λ₁ + λ₂ + λ₃) / Σ λ`, which a
  /// false-colour picture can show.
  ///
  /// Throws `SymmetricEigen.Failure` for vectors that are not finite.
  package func firstThree() throws(SymmetricEigen.Failure) -> Double? {
    guard moments.deviance != 0 else { return nil }
    let eigen = try SymmetricEigen(of: moments.scatter, order: moments.mean.count)
    return eigen.values.prefix(3).reduce(0, +) / eigen.values.reduce(0, +)
  }

  /// The similarity of patches that share a side.
  ///
  /// It is the mean of `⟨fᵢ − μ(i), fⱼ − μ(j)⟩` over such pairs, divided by the mean of `|fᵢ −
  /// μ(i)|²` over all patches: 1 where they are equal, 0 where they are no more alike than any two
  /// patches of their image; `nil` too where no patch has a neighbour. Source: Moran 1950's I, for
  /// vectors.
  package var neighbourhood: Double? {
    guard neighbours.pairs > 0, within > 0 else { return nil }
    return neighbours.products / Double(neighbours.pairs) / (within / Double(patches))
  }

  /// The share of variance between images, `Σᵢ |μ(i) − μ|² / Σᵢ |fᵢ − μ|²`.
  ///
  /// 0 where all images have the same mean vector, 1 where all patches of an image are equal; `nil`
  /// for a single image too.
  package var betweenImages: Double? {
    guard maps > 1, moments.deviance > 0 else { return nil }
    return max(0, 1 - within / moments.deviance)
  }
}
