package import LinearAlgebra

/// Decision trees whose mean is taken: each sends a row to a leaf, which holds its classes' shares.
///
/// A row goes left where its feature is at most the threshold. Source: Breiman 2001; scikit-learn's
/// `RandomForestClassifier`, whose trees give the same probabilities here.
package struct Forest: Sendable, Hashable {
  package let ids: [UInt8]
  package let dim: Int
  /// Each tree's first node.
  package let roots: [Int32]
  /// The feature that a node asks for; −1 for a leaf.
  package let features: [Int32]
  package let thresholds: [Double]
  /// The nodes below; those of a leaf are not read.
  package let left: [Int32]
  package let right: [Int32]
  /// The shares of the classes at each node, `[nodes, ids.count]`.
  package let shares: [Double]

  /// Most nodes of all trees together.
  package static let mostNodes = 1 << 20

  /// Puts trees together, every one of which is checked: nodes below come after their node and
  /// below no other, so that each walk ends and no tree is larger than it looks.
  package init(
    ids: [UInt8], dim: Int, roots: [Int32], features: [Int32], thresholds: [Double],
    left: [Int32], right: [Int32], shares: [Double]
  ) throws(SegmentationError) {
    let nodes = features.count
    guard ids.count > 1, dim > 0, !roots.isEmpty, nodes > 0, thresholds.count == nodes,
      left.count == nodes, right.count == nodes, shares.count == nodes * ids.count,
      roots.allSatisfy({ $0 >= 0 && Int($0) < nodes })
    else { throw .malformedFile(reason: "its trees' arrays do not fit together") }
    guard nodes <= Forest.mostNodes else {
      throw .tooManyNodes(found: nodes, limit: Forest.mostNodes)
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
    guard shares.allSatisfy({ $0 >= 0 && $0 <= 1 }) else {
      throw .malformedFile(reason: "a share of its trees is not between 0 and 1")
    }
    (self.ids, self.dim, self.roots) = (ids, dim, roots)
    (self.features, self.thresholds, self.shares) = (features, thresholds, shares)
    (self.left, self.right) = (left, right)
  }

  /// The probabilities of the classes, `[rows, dim] → [rows, ids.count]`.
  package func probabilities(of rows: Matrix, workers: ThreadPool? = nil) -> [Double] {
    precondition(rows.columns == dim, "[\(rows.rows), \(rows.columns)] for \(dim) features")
    let trees = DecisionTrees(self)
    let blocks = Blocks(of: rows.rows, atMost: 256)
    return workers.map(blocks.count) { [roots] index, _ in
      let block = rows[rows: blocks[index]]
      return trees.sums(rows: block, planes: block[rows: 0..<0, columns: 0..<0])
        .map { $0 / Double(roots.count) }
    }.flatMap { $0 }
  }

  /// The same trees for other features: each is found where `place` says, and its thresholds are
  /// what `threshold` makes of them.
  func mapped(
    dim: Int, place: (Int) -> Int, threshold: (_ feature: Int, Double) -> Double = { $1 }
  ) throws(SegmentationError) -> Forest {
    var (features, thresholds) = (features, thresholds)
    for node in features.indices where features[node] >= 0 {
      let feature = Int(features[node])
      features[node] = Int32(place(feature))
      thresholds[node] = threshold(feature, thresholds[node])
    }
    return try Forest(
      ids: ids, dim: dim, roots: roots, features: features, thresholds: thresholds, left: left,
      right: right, shares: shares)
  }
}

extension DecisionTrees {
  init(_ forest: Forest) {
    self.init(
      roots: forest.roots, features: forest.features, thresholds: forest.thresholds,
      left: forest.left, right: forest.right, values: forest.shares, classes: forest.ids.count,
      dim: forest.dim)
  }
}
