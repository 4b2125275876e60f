import Foundation
package import LinearAlgebra

/// One vector for a whole image, made of its cells' vectors, `[cells, dim]`.
package enum Descriptors {
  /// `(mean of max(x, ε)³)^⅓` of each channel, with ε = 10⁻⁶.
  ///
  /// Source: Radenović et al. 2019, generalised mean with p = 3. Values below zero count as none.
  package static func generalisedMean(of cells: StoredMatrix) -> [Double] {
    var sums = [Double](repeating: 0, count: cells.columns)
    for part in cells.parts.lazy.map({ cells[rows: $0] }) {
      for row in 0..<part.rows {
        for (column, value) in part[rows: row..<row + 1].values.enumerated() {
          let value = max(Double(value), 1e-6)
          sums[column] += value * value * value
        }
      }
    }
    return sums.map { cbrt($0 / Double(cells.rows)) }
  }

  /// The largest value of each channel.
  package static func largest(of cells: StoredMatrix) -> [Float] {
    var found = cells[rows: 0..<1].values
    for part in cells.parts.lazy.map({ cells[rows: $0] }) {
      for row in 0..<part.rows {
        for (column, value) in part[rows: row..<row + 1].values.enumerated()
        where value > found[column] {
          found[column] = value
        }
      }
    }
    return found
  }

  package static func mean(of cells: StoredMatrix) -> [Double] {
    var sums = [Double](repeating: 0, count: cells.columns)
    for rows in cells.parts {
      let ones = [Double](repeating: 1, count: rows.count)
      let part = ScoreKernels.current.sums(cells[rows: rows], by: ones, classes: 1)
      for column in sums.indices { sums[column] += part[column] }
    }
    return sums.map { $0 / Double(cells.rows) }
  }

  /// The sums of what unit vectors have beside their nearest centroids, each sum divided by its
  /// length, and all by theirs, `[centroids · dim]`.
  ///
  /// Source: Jégou et al. 2010; Arandjelović & Zisserman 2013 for the lengths of the parts.
  package static func aggregated(_ cells: Matrix, around centroids: [[Double]]) -> [Double] {
    let unit = cells.unitRows
    let (count, dim) = (centroids.count, cells.columns)
    let halves = centroids.map { -0.5 * $0.reduce(0) { $0 + $1 * $1 } }
    let scores = ScoreKernels.current.products(
      unit.all, by: centroids.flatMap { $0 }, bias: halves)
    var shares = [Double](repeating: 0, count: cells.rows * count)
    var members = [Double](repeating: 0, count: count)
    for row in 0..<cells.rows {
      var best = 0
      for k in 1..<max(count, 1) where scores[row * count + k] > scores[row * count + best] {
        best = k
      }
      shares[row * count + best] = 1
      members[best] += 1
    }
    var sums = ScoreKernels.current.sums(unit.all, by: shares, classes: count)
    for k in 0..<count {
      for i in 0..<dim { sums[k * dim + i] -= members[k] * centroids[k][i] }
      normalise(&sums, k * dim..<(k + 1) * dim)
    }
    normalise(&sums, 0..<sums.count)
    return sums
  }

  /// Divides a part by its length; zeros stay zeros.
  private static func normalise(_ values: inout [Double], _ part: Range<Int>) {
    let length = part.reduce(0) { $0 + values[$1] * values[$1] }.squareRoot()
    guard length > 0 else { return }
    for i in part { values[i] /= length }
  }
}
