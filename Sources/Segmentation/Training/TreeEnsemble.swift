import Foundation
package import LinearAlgebra

/// Decision trees whose answers are put together: each sends a row to a leaf, which holds a number
/// for each class.
///
/// A row goes left where its feature is at most the threshold. Source: Breiman 2001, Friedman 2001.
package struct TreeEnsemble: Sendable, Hashable {
  package enum Combination: Sendable, Hashable {
    /// Leaves hold the classes' shares, whose mean are the probabilities: a random forest.
    case mean
    /// Leaves hold parts of the classes' scores, which are added to these, one for each class:
    /// gradient boosting.
    case sum(from: [Double])
  }

  package let ids: [UInt8]
  package let dim: Int
  package let combination: Combination
  /// Each tree's first node.
  package let roots: [Int32]
  /// The feature that a node asks for; −1 for a leaf.
  package let features: [Int32]
  package let thresholds: [Double]
  /// The nodes below; those of a leaf are not read.
  package let left: [Int32]
  package let right: [Int32]
  /// What the nodes hold, `[nodes, ids.count]`.
  package let values: [Double]

  /// Most nodes of all trees together.
  package static let mostNodes = 1 << 20
  /// The largest magnitude of a part of a score.
  static let largest = 1e30

  /// Puts trees together, every one of which is checked: nodes below come after their node and
  /// below no other, so that each walk ends and no tree is larger than it looks.
  package init(
    ids: [UInt8], dim: Int, combination: Combination = .mean, roots: [Int32], features: [Int32],
    thresholds: [Double], left: [Int32], right: [Int32], values: [Double]
  ) throws(SegmentationError) {
    let nodes = features.count
    guard ids.count > 1, dim > 0, !roots.isEmpty, nodes > 0, thresholds.count == nodes,
      left.count == nodes, right.count == nodes, values.count == nodes * ids.count,
      roots.allSatisfy({ $0 >= 0 && Int($0) < nodes })
    else { throw .malformedFile(reason: "its trees' arrays do not fit together") }
    guard nodes <= TreeEnsemble.mostNodes else {
      throw .tooManyNodes(found: nodes, limit: TreeEnsemble.mostNodes)
    }
    var isTaken = [Bool](repeating: false, count: nodes)
    func take(_ node: Int32) -> Bool {
      defer { isTaken[Int(node)] = true }
      return !isTaken[Int(node)]
    }
    guard roots.allSatisfy(take) else {
      throw .malformedFile(reason: "two of its trees share a node")
    }
    for node in 0..<nodes where features[node] >= 0 {
      guard Int(features[node]) < dim, !thresholds[node].isNaN, Int(left[node]) > node,
        Int(left[node]) < nodes, Int(right[node]) > node, Int(right[node]) < nodes,
        take(left[node]), take(right[node])
      else { throw .malformedFile(reason: "node \(node) of its trees leads astray") }
    }
    switch combination {
    case .mean:
      guard values.allSatisfy({ $0 >= 0 && $0 <= 1 }) else {
        throw .malformedFile(reason: "a share of its trees is not between 0 and 1")
      }
    case .sum(let base):
      guard base.count == ids.count,
        (base + values).allSatisfy({ $0.magnitude <= TreeEnsemble.largest })
      else {
        throw .malformedFile(reason: "a score of its trees is no number, or beyond 1e30")
      }
    }
    (self.ids, self.dim, self.combination) = (ids, dim, combination)
    (self.roots, self.features, self.thresholds) = (roots, features, thresholds)
    (self.left, self.right, self.values) = (left, right, values)
  }

  /// The probabilities of the classes, `[rows, dim] → [rows, ids.count]`.
  package func probabilities(of rows: Matrix, workers: ThreadPool? = nil) -> [Double] {
    precondition(rows.columns == dim, "[\(rows.rows), \(rows.columns)] for \(dim) features")
    let trees = DecisionTrees(self)
    let blocks = Blocks(of: rows.rows, atMost: 256)
    return workers.map(blocks.count) { [self] index, _ in
      let block = rows[rows: blocks[index]]
      return combination.probabilities(
        trees.sums(rows: block, planes: block[rows: 0..<0, columns: 0..<0]), trees: roots.count,
        classes: ids.count)
    }.flatMap { $0 }
  }

  /// The same trees for other features: each is found where `place` says, and its thresholds are
  /// what `threshold` makes of them.
  func mapped(
    dim: Int, place: (Int) -> Int, threshold: (_ feature: Int, Double) -> Double = { $1 }
  ) throws(SegmentationError) -> TreeEnsemble {
    var (features, thresholds) = (features, thresholds)
    for node in features.indices where features[node] >= 0 {
      let feature = Int(features[node])
      features[node] = Int32(place(feature))
      thresholds[node] = threshold(feature, thresholds[node])
    }
    return try TreeEnsemble(
      ids: ids, dim: dim, combination: combination, roots: roots, features: features,
      thresholds: thresholds, left: left, right: right, values: values)
  }
}

extension TreeEnsemble.Combination {
  /// A score whose softmax over the classes is the probability, of what the leaves add up to; of a
  /// forest the logarithm of the probability, which counts as 10⁻⁹ at least.
  func score(_ sum: Double, trees: Int, place: Int) -> Double {
    switch self {
    case .mean: log(max(sum / Double(trees), 1e-9))
    case .sum(let base): base[place] + sum
    }
  }

  /// The probabilities of what the leaves of rows add up to, `[rows, classes]`.
  fileprivate func probabilities(_ sums: [Double], trees: Int, classes: Int) -> [Double] {
    guard case .sum = self else { return sums.map { $0 / Double(trees) } }
    return stride(from: 0, to: sums.count, by: classes).flatMap { row in
      let scores = (0..<classes).map { score(sums[row + $0], trees: trees, place: $0) }
      let largest = scores.max() ?? 0
      let powers = scores.map { exp($0 - largest) }
      let total = powers.reduce(0, +)
      return powers.map { $0 / total }
    }
  }
}

extension DecisionTrees {
  init(_ ensemble: TreeEnsemble) {
    self.init(
      roots: ensemble.roots, features: ensemble.features, thresholds: ensemble.thresholds,
      left: ensemble.left, right: ensemble.right, values: ensemble.values,
      classes: ensemble.ids.count, dim: ensemble.dim)
  }
}
