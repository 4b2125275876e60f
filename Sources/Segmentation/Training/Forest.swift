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

  /// Puts trees together, every one of which is checked: nodes below come after their node, so that
  /// each walk ends.
  package init(
    ids: [UInt8], dim: Int, roots: [Int32], features: [Int32], thresholds: [Double],
    left: [Int32], right: [Int32], shares: [Double]
  ) throws(SegmentationError) {
    let nodes = features.count
    guard ids.count > 1, dim > 0, !roots.isEmpty, nodes > 0, thresholds.count == nodes,
      left.count == nodes, right.count == nodes, shares.count == nodes * ids.count,
      roots.allSatisfy({ $0 >= 0 && Int($0) < nodes })
    else { throw .malformedFile(reason: "its trees' arrays do not fit together") }
    for node in 0..<nodes where features[node] >= 0 {
      guard Int(features[node]) < dim, !thresholds[node].isNaN, Int(left[node]) > node,
        Int(left[node]) < nodes, Int(right[node]) > node, Int(right[node]) < nodes
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
    let blocks = Blocks(of: rows.rows, atMost: 256)
    return workers.map(blocks.count) { [self] index, _ in
      var result: [Double] = []
      result.reserveCapacity(blocks[index].count * ids.count)
      for row in blocks[index] { result += probabilities(of: rows.row(row)) }
      return result
    }.flatMap { $0 }
  }

  private func probabilities(of row: [Float]) -> [Double] {
    var sums = [Double](repeating: 0, count: ids.count)
    for root in roots {
      var node = Int(root)
      while features[node] >= 0 {
        let goesLeft = Double(row[Int(features[node])]) <= thresholds[node]
        node = Int(goesLeft ? left[node] : right[node])
      }
      for k in sums.indices { sums[k] += shares[node * ids.count + k] }
    }
    for k in sums.indices { sums[k] /= Double(roots.count) }
    return sums
  }
}
