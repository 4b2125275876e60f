import CVectorKernels

/// Decision trees laid out to be walked quickly: what their leaves hold is added up.
///
/// A row goes left where its feature is at most the threshold.
package struct DecisionTrees: Sendable, Hashable {
  /// A threshold's bits, a feature and the left node below, as C's `tree_node` has them; the right
  /// node follows the left one, and a leaf leads to itself.
  private let nodes: [SIMD4<Int32>]
  private let roots: [Int32]
  /// What the nodes hold, `[nodes, classes]`.
  private let values: [Double]
  package let classes: Int
  /// Features of a row.
  package let dim: Int

  /// Lays out trees: `features` is negative for a leaf, and nodes below come after their node.
  ///
  /// Thresholds are compared with float32 values, so that rounding them down changes nothing.
  package init(
    roots: [Int32], features: [Int32], thresholds: [Double], left: [Int32], right: [Int32],
    values: [Double], classes: Int, dim: Int
  ) {
    precondition(
      classes > 0 && features.count == thresholds.count && features.count == left.count
        && features.count == right.count && values.count == classes * features.count
        && features.allSatisfy { $0 < dim }
        && roots.allSatisfy { $0 >= 0 && Int($0) < features.count },
      "\(features.count) nodes, \(values.count) values")
    var (nodes, order, places) = ([SIMD4<Int32>](), [Int](), [Int32]())
    for root in roots {
      places.append(Int32(order.count))
      var next = order.count
      order.append(Int(root))
      while next < order.count {
        let node = order[next]
        if features[node] < 0 {
          nodes.append(
            SIMD4(Int32(bitPattern: Float.infinity.bitPattern), 0, Int32(next), 0))
        } else {
          precondition(Int(left[node]) > node && Int(right[node]) > node, "node \(node)")
          nodes.append(
            SIMD4(
              Int32(bitPattern: DecisionTrees.down(thresholds[node]).bitPattern), features[node],
              Int32(order.count), 0))
          order += [Int(left[node]), Int(right[node])]
        }
        next += 1
      }
    }
    (self.nodes, self.roots, self.classes, self.dim) = (nodes, places, classes, dim)
    self.values = order.flatMap { values[$0 * classes..<($0 + 1) * classes] }
  }

  /// The largest float32 that is not above a number.
  private static func down(_ value: Double) -> Float {
    let nearest = Float(value)
    return Double(nearest) > value ? nearest.nextDown : nearest
  }

  /// What the rows' leaves hold, added up over the trees in their order, `[pixels, classes]`.
  ///
  /// A pixel's features are its row, and then its place in the planes, `[channels, pixels]`.
  package func sums(rows: MatrixView, planes: MatrixView) -> [Double] {
    let pixels = max(rows.rows, planes.columns)
    precondition(
      rows.columns + planes.rows == dim && (rows.columns == 0 || rows.rows == pixels)
        && (planes.rows == 0 || planes.columns == pixels),
      "[\(rows.rows), \(rows.columns)] and [\(planes.rows), \(planes.columns)] for \(dim)")
    let scratch = MutableMatrix(rows: Int(TREE_PIXELS), columns: dim)
    return unsafe [Double](unsafeUninitializedCapacity: pixels * classes) { out, made in
      // SAFETY: a node's feature is below `dim` and leads to nodes that are there, as `init` laid
      // them out; rows and planes lie inside their matrices, of the shapes checked above; `out` has
      // room for a value of each pixel and class.
      unsafe nodes.withUnsafeBytes { bytes in
        if let start = bytes.baseAddress, pixels > 0 {
          unsafe tree_sums(
            start.assumingMemoryBound(to: tree_node.self), values, classes, roots, roots.count,
            pixels, rows.columns, rows.base, rows.stride, planes.rows, planes.base, planes.stride,
            scratch.all.base, out.baseAddress)
        }
      }
      made = pixels * classes
    }
  }
}
