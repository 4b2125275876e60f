import LinearAlgebra

/// The means and deviations by which features are standardised: those of the labelled rows.
///
/// The deviation is the biased one, and 1 for what does not vary. Source: scikit-learn's
/// `StandardScaler`.
package struct Standardisation: Sendable, Hashable {
  package let mean: [Double]
  package let scale: [Double]

  package init(mean: [Double], scale: [Double]) {
    precondition(mean.count == scale.count, "\(mean.count) means, \(scale.count) deviations")
    (self.mean, self.scale) = (mean, scale)
  }

  /// Those of each column, `[rows, columns]`, summed in double precision from the first row on.
  init(of rows: Matrix) {
    let statistics = ColumnStatistics(of: rows)
    let mean = statistics.means
    let scale = mean.indices.map { column in
      let deviation = statistics.variances[column].squareRoot()
      // What differs by rounding alone does not vary.
      return deviation > 1e-7 * mean[column].magnitude && deviation > 1e-30 ? deviation : 1
    }
    self.init(mean: mean, scale: scale)
  }

  /// A row's values, standardised.
  func callAsFunction(_ row: [Float]) -> [Float] {
    row.indices.map { Float((Double(row[$0]) - mean[$0]) / scale[$0]) }
  }
}

/// Means and biased variances of columns, summed in double precision from the first row on.
struct ColumnStatistics: Sendable {
  let means: [Double]
  let variances: [Double]

  init(of rows: Matrix) {
    let count = Double(max(rows.rows, 1))
    var mean = [Double](repeating: 0, count: rows.columns)
    var squares = mean
    for index in 0..<rows.rows {
      for (column, value) in rows.row(index).enumerated() { mean[column] += Double(value) }
    }
    for column in mean.indices { mean[column] /= count }
    for index in 0..<rows.rows {
      for (column, value) in rows.row(index).enumerated() {
        let difference = Double(value) - mean[column]
        squares[column] += difference * difference
      }
    }
    (means, variances) = (mean, squares.map { $0 / count })
  }
}
