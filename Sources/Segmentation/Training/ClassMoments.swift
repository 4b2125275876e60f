package import LinearAlgebra

/// Each class's number of rows, their sum and the sum of their products: what closed forms need.
///
/// Rows can be added and taken away: a stroke costs its rows, not all. Rounding stays behind, so
/// what is kept is made from all rows. Memory: 8 bytes · classes · (dim + 1)².
package struct ClassMoments: Sendable {
  package let dim: Int
  /// For each class `Σ s [x, 1]ᵀ [x, 1]`, `[dim + 1, dim + 1]`.
  private(set) var sums: [DoubleMatrix]

  package init(classes: Int, dim: Int) {
    self.dim = dim
    sums = (0..<classes).map { _ in DoubleMatrix(rows: dim + 1, columns: dim + 1) }
  }

  /// The moments of a training set's rows.
  package init(of set: TrainingSet, workers: ThreadPool? = nil) {
    self.init(classes: set.ids.count, dim: set.features.columns)
    add(set.features, classes: set.classes, weights: set.weights, workers: workers)
  }

  package var classes: Int { sums.count }

  /// The sum of a class's weights.
  func weight(_ class: Int) -> Double { sums[`class`][dim, dim] }

  /// A class's mean, `[dim]`.
  func mean(_ class: Int) -> [Double] {
    let total = weight(`class`)
    return (0..<dim).map { sums[`class`][$0, dim] / total }
  }

  /// Adds rows, or takes away ones that were added.
  package mutating func add(
    _ x: Matrix, classes: [Int32], weights: [Double], taking: Bool = false,
    workers: ThreadPool? = nil
  ) {
    precondition(
      x.columns == dim && x.rows == classes.count && x.rows == weights.count,
      "\(classes.count) classes for [\(x.rows), \(x.columns)]")
    for place in sums.indices {
      let members = classes.indices.filter { classes[$0] == place }
      guard !members.isEmpty else { continue }
      let added = weightedGram(
        of: gather(members, of: x).all, weights: members.map { weights[$0] }, .double,
        workers: workers)
      sums[place] = sums[place].adding(taking ? -1 : 1, added)
    }
  }
}
