import Foundation
package import LinearAlgebra

/// Vectors that each stand for a number of pixels, clustered by themselves.
///
/// Distances are in double precision and sums in a fixed order.
package struct WeightedRows: Sendable {
  /// `[count, dim]`.
  package let rows: Matrix
  /// From 0, `[count]`.
  package let weights: [Double]
  private let squares: [Double]

  package init(_ rows: Matrix, weights: [Double]? = nil, workers: ThreadPool? = nil) {
    let weights = weights ?? Array(repeating: 1, count: rows.rows)
    precondition(weights.count == rows.rows, "\(weights.count) weights for \(rows.rows) rows")
    self.rows = rows
    self.weights = weights
    let blocks = WeightedRows.blocks(rows.rows)
    squares = workers.map(blocks.count) { block, _ in
      let values = rows[rows: blocks[block]].values
      return (0..<blocks[block].count).map { row in
        values[row * rows.columns..<(row + 1) * rows.columns].reduce(0.0) {
          $0 + Double($1) * Double($1)
        }
      }
    }.flatMap { $0 }
  }

  private static func blocks(_ count: Int) -> Blocks { Blocks(of: count, atMost: 256) }

  /// The sum of squared distances from the nearest of some centroids, which greedy seeding lowers.
  private func potential(_ distances: [Double]) -> Double {
    zip(distances, weights).reduce(0) { $0 + $1.0 * $1.1 }
  }

  /// Squared distances from centroids, `[count, k]`, from 0.
  private func distances(from centroids: [[Double]], workers: ThreadPool?) -> [[Double]] {
    let flat = centroids.flatMap { $0.map { -2 * $0 } }
    let bias = centroids.map { $0.reduce(0) { $0 + $1 * $1 } }
    let (blocks, k) = (WeightedRows.blocks(rows.rows), centroids.count)
    return workers.map(blocks.count) { [rows, squares] block, _ in
      let range = blocks[block]
      var found = ScoreKernels.current.products(rows[rows: range], by: flat, bias: bias)
      for row in 0..<range.count {
        for c in 0..<k {
          found[row * k + c] = max(0, found[row * k + c] + squares[range.lowerBound + row])
        }
      }
      return found
    }
  }

  /// The rows that clusters begin from, chosen one after another far from those before.
  ///
  /// The first is drawn with the weights' probability, each next one as the best of 2 + ⌊ln k⌋
  /// candidates that are drawn with that of weight times squared distance. Fewer than `k` where no
  /// other row differs from those chosen. Source: Arthur and Vassilvitskii 2007, greedy.
  package func seeds(_ k: Int, from generator: inout CounterGenerator, workers: ThreadPool? = nil)
    -> [Int]
  {
    precondition(k > 0 && rows.rows > 0, "\(k) of \(rows.rows) rows")
    let candidates = 2 + Int(log(Double(k)))
    var chosen = [WeightedRows.draw(generator.next(), weights)]
    func row(_ index: Int) -> [Double] { rows.row(index).map { Double($0) } }
    var nearest = distances(from: [row(chosen[0])], workers: workers).flatMap { $0 }
    for index in chosen { nearest[index] = 0 }
    let scale = zip(squares, weights).reduce(0) { $0 + $1.0 * $1.1 }
    while chosen.count < k {
      let mass = zip(nearest, weights).map { $0 * $1 }
      // What is left of differences that rounding alone makes is none.
      guard mass.reduce(0, +) > 1e-12 * scale else { break }
      let drawn = (0..<candidates).map { _ in WeightedRows.draw(generator.next(), mass) }
      let found = distances(from: drawn.map(row), workers: workers).flatMap { $0 }
      var best: (index: Int, potential: Double, nearest: [Double])?
      for (place, index) in drawn.enumerated() {
        let closer = nearest.indices.map { min(nearest[$0], found[$0 * candidates + place]) }
        let potential = potential(closer)
        if best.map({ potential < $0.potential }) ?? true { best = (index, potential, closer) }
      }
      guard let best else { break }
      chosen.append(best.index)
      nearest = best.nearest
      nearest[best.index] = 0
    }
    return chosen
  }

  /// The first place at which the running sum exceeds a share of the whole.
  private static func draw(_ share: Double, _ mass: [Double]) -> Int {
    let limit = share * mass.reduce(0, +)
    var sum = 0.0
    for (place, value) in mass.enumerated() {
      sum += value
      if sum > limit { return place }
    }
    return mass.lastIndex { $0 > 0 } ?? 0
  }
}

extension WeightedRows {
  /// Clusters of rows.
  package struct Partition: Sendable {
    package let centroids: [[Double]]
    /// The nearest centroid of each row, of equal ones the first, `[count]`.
    package let labels: [Int]
    /// `Σ weight · distance²`, before each of the iterations.
    package let inertias: [Double]
    package var inertia: Double { inertias.last ?? 0 }
    package let hasConverged: Bool
  }

  /// Lloyd's iterations from some centroids, until no label changes; an empty cluster keeps its
  /// centroid.
  package func lloyd(
    from centroids: [[Double]], iterations: Int, workers: ThreadPool? = nil,
    shouldStop: () -> Bool = { false }
  ) throws -> Partition {
    let (blocks, k, dim) = (WeightedRows.blocks(rows.rows), centroids.count, rows.columns)
    var centroids = centroids
    var labels: [Int] = []
    var inertias: [Double] = []
    for iteration in 1...max(iterations, 1) {
      if shouldStop() { throw CancellationError() }
      let parts = distances(from: centroids, workers: workers)
      let found = parts.flatMap { part in
        stride(from: 0, to: part.count, by: k).map { first in
          (0..<k).reduce(0) { part[first + $1] < part[first + $0] ? $1 : $0 }
        }
      }
      let distances = parts.flatMap { $0 }
      inertias.append(
        found.indices.reduce(0.0) { $0 + weights[$1] * distances[$1 * k + found[$1]] })
      let isSettled = found == labels
      labels = found
      if isSettled || iteration == iterations {
        return Partition(
          centroids: centroids, labels: labels, inertias: inertias, hasConverged: isSettled)
      }
      let sums = workers.map(blocks.count) { [rows, weights] block, _ in
        let range = blocks[block]
        var shares = [Double](repeating: 0, count: range.count * k)
        for row in range { shares[(row - range.lowerBound) * k + found[row]] = weights[row] }
        return ScoreKernels.current.sums(
          rows[rows: range], by: shares, classes: k, isSparse: true)
      }
      var totals = [Double](repeating: 0, count: k)
      for (row, label) in labels.enumerated() { totals[label] += weights[row] }
      for c in 0..<k where totals[c] > 0 {
        centroids[c] = (0..<dim).map { column in
          sums.reduce(0.0) { $0 + $1[c * dim + column] } / totals[c]
        }
      }
    }
    preconditionFailure("the last iteration returns")
  }
}
