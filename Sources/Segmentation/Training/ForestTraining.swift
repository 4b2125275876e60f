import Foundation
package import LinearAlgebra

/// How a forest is grown: on histograms of at most 256 bins of each feature, by Gini impurity.
///
/// Each tree draws from its own sequence, seeded by its number, so that neither the number of threads
/// nor the machine makes a difference. A row's part in a tree is drawn from Poisson's distribution of
/// mean 1, as many draws with replacement give it.
package struct ForestTraining: Sendable, Hashable {
  package var trees = 200
  package var depth = 10
  /// Features that a node looks at; the root of their number where it is `nil`.
  package var featuresAtNode: Int?

  package init() {}

  /// Grows a forest on a set's rows and weights.
  ///
  /// Stops with `CancellationError` between two trees where `shouldStop` says so.
  package func fit(
    _ set: TrainingSet, workers: ThreadPool? = nil,
    shouldStop: @escaping @Sendable () -> Bool = { false }
  ) throws -> TreeEnsemble {
    let bins = workers.map(set.features.columns) { column, _ in
      BinnedFeature((0..<set.features.rows).map { set.features[$0, column] })
    }
    let grown = workers.map(trees) { tree, _ -> Tree? in
      shouldStop() ? nil : Tree(number: tree, set, bins, self)
    }.compactMap { $0 }
    guard grown.count == trees else { throw CancellationError() }
    var (roots, features, thresholds): ([Int32], [Int32], [Double]) = ([], [], [])
    var (left, right, shares): ([Int32], [Int32], [Double]) = ([], [], [])
    for tree in grown {
      let first = Int32(features.count)
      roots.append(first)
      features += tree.features
      thresholds += tree.thresholds
      left += tree.left.map { $0 + first }
      right += tree.right.map { $0 + first }
      shares += tree.shares
    }
    return try TreeEnsemble(
      ids: set.ids, dim: set.features.columns, roots: roots, features: features,
      thresholds: thresholds, left: left, right: right, values: shares)
  }
}

/// A feature's values as the numbers of bins between thresholds.
private struct BinnedFeature: Sendable {
  /// Values up to the i-th threshold are in bins 0…i.
  let thresholds: [Double]
  let bins: [UInt8]

  init(_ values: [Float]) {
    let distinct = Set(values).sorted()
    // Between neighbours, all of them or at 255 even steps of the rows' ranks.
    var thresholds: [Double] = []
    if distinct.count <= 256 {
      for (a, b) in zip(distinct, distinct.dropFirst()) {
        thresholds.append((Double(a) + Double(b)) / 2)
      }
    } else {
      let sorted = values.sorted()
      for step in 1...255 {
        let place = step * sorted.count / 256
        let middle = (Double(sorted[place - 1]) + Double(sorted[place])) / 2
        if sorted[place] > sorted[place - 1], middle > thresholds.last ?? -.infinity {
          thresholds.append(middle)
        }
      }
    }
    self.thresholds = thresholds
    bins = values.map { value in
      var (low, high) = (0, thresholds.count)
      while low < high {
        let middle = (low + high) / 2
        if Double(value) <= thresholds[middle] { high = middle } else { low = middle + 1 }
      }
      return UInt8(low)
    }
  }
}

/// One tree, its nodes in the order in which they were made.
private struct Tree: Sendable {
  private(set) var features: [Int32] = []
  private(set) var thresholds: [Double] = []
  private(set) var left: [Int32] = []
  private(set) var right: [Int32] = []
  private(set) var shares: [Double] = []

  private struct Open {
    let node: Int
    let depth: Int
    let rows: [Int]
  }

  private struct Split {
    var feature = 0
    var bin = 0
    var impurity = Double.infinity
  }

  init(number: Int, _ set: TrainingSet, _ bins: [BinnedFeature], _ options: ForestTraining) {
    var draws = Draws(state: UInt64(number) &* 0x9e37_79b9_7f4a_7c15)
    let weights = set.weights.map { $0 * Double(draws.poisson()) }
    let count = set.ids.count
    let wanted = options.featuresAtNode ?? Int(Double(bins.count).squareRoot())
    var order = Array(bins.indices)
    var open = [Open(node: 0, depth: 0, rows: weights.indices.filter { weights[$0] > 0 })]
    add(Tree.sums(of: open[0].rows, weights, set))
    while let next = open.popLast() {
      let sums = Tree.sums(of: next.rows, weights, set)
      guard next.depth < options.depth, sums.count(where: { $0 > 0 }) > 1 else { continue }
      var best = Split()
      for place in 0..<min(max(wanted, 1), order.count) {
        order.swapAt(place, place + draws.below(order.count - place))
        let feature = order[place]
        var histogram = [Double](repeating: 0, count: 256 * count)
        for row in next.rows {
          histogram[Int(bins[feature].bins[row]) * count + Int(set.classes[row])] += weights[row]
        }
        var below = [Double](repeating: 0, count: count)
        for bin in bins[feature].thresholds.indices {
          for k in 0..<count { below[k] += histogram[bin * count + k] }
          let impurity = Tree.impurity(below, of: sums)
          if impurity < best.impurity {
            best = Split(feature: feature, bin: bin, impurity: impurity)
          }
        }
      }
      guard best.impurity.isFinite else { continue }
      let chosen = bins[best.feature]
      let low = next.rows.filter { Int(chosen.bins[$0]) <= best.bin }
      let high = next.rows.filter { Int(chosen.bins[$0]) > best.bin }
      features[next.node] = Int32(best.feature)
      thresholds[next.node] = chosen.thresholds[best.bin]
      left[next.node] = Int32(features.count)
      add(Tree.sums(of: low, weights, set))
      right[next.node] = Int32(features.count)
      add(Tree.sums(of: high, weights, set))
      open.append(Open(node: Int(right[next.node]), depth: next.depth + 1, rows: high))
      open.append(Open(node: Int(left[next.node]), depth: next.depth + 1, rows: low))
    }
  }

  private mutating func add(_ sums: [Double]) {
    let total = sums.reduce(0, +)
    features.append(-1)
    thresholds.append(0)
    left.append(0)
    right.append(0)
    shares += sums.map { total > 0 ? $0 / total : 1 / Double(sums.count) }
  }

  private static func sums(of rows: [Int], _ weights: [Double], _ set: TrainingSet) -> [Double] {
    var sums = [Double](repeating: 0, count: set.ids.count)
    for row in rows { sums[Int(set.classes[row])] += weights[row] }
    return sums
  }

  /// The sum over both sides of their weight times their Gini impurity; infinite for an empty side.
  private static func impurity(_ below: [Double], of all: [Double]) -> Double {
    var (low, high, lowSquares, highSquares) = (0.0, 0.0, 0.0, 0.0)
    for k in below.indices {
      let above = max(all[k] - below[k], 0)
      low += below[k]
      high += above
      lowSquares += below[k] * below[k]
      highSquares += above * above
    }
    let least = 1e-9 * (low + high)
    guard low > least, high > least else { return .infinity }
    return low - lowSquares / low + high - highSquares / high
  }
}

/// Source: SplitMix64, of Steele, Lea and Flood 2014; Knuth's draws from Poisson's distribution.
private struct Draws {
  var state: UInt64

  private mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  private mutating func uniform() -> Double { Double(next() >> 11) / Double(1 << 53) }

  mutating func below(_ bound: Int) -> Int { Int(uniform() * Double(bound)) }

  mutating func poisson() -> Int {
    let limit = exp(-1.0)
    var (count, product) = (0, uniform())
    while product > limit {
      count += 1
      product *= uniform()
    }
    return count
  }
}
