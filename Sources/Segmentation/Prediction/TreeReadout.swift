import Foundation
import LinearAlgebra

/// A forest laid out for rows of the vectors' dimensions that it asks for, and planes of all
/// classical features.
struct TreeReadout: Sendable, Hashable {
  /// The dimensions of the vectors that some node asks for, ascending.
  let dims: [Int]
  private let trees: DecisionTrees
  private let count: Int

  init(_ forest: Forest, deepDim: Int) {
    let asked = Set(forest.features.map { Int($0) })
    let dims = asked.filter { $0 >= 0 && $0 < deepDim }.sorted()
    let places = Dictionary(uniqueKeysWithValues: dims.enumerated().map { ($1, Int32($0)) })
    trees = DecisionTrees(
      roots: forest.roots,
      features: forest.features.map { feature in
        places[Int(feature)] ?? (feature < 0 ? feature : feature - Int32(deepDim - dims.count))
      },
      thresholds: forest.thresholds, left: forest.left, right: forest.right, values: forest.shares,
      classes: forest.ids.count, dim: forest.dim - deepDim + dims.count)
    self.dims = dims
    count = forest.roots.count
  }

  /// The map that takes the dimensions that are asked for out of some, `[channels, columns.count]`.
  func selection(of columns: Range<Int>) -> Matrix {
    let own = dims.filter(columns.contains)
    let map = MutableMatrix(rows: own.count, columns: columns.count)
    for (row, dim) in own.enumerated() { map[row, dim - columns.lowerBound] = 1 }
    return map.frozen()
  }

  /// The logarithms of the classes' probabilities, `[classes, pixels]`: their softmax is those.
  ///
  /// A probability counts as 10⁻⁹ at least.
  func scores(rows: MatrixView, planes: MatrixView, into out: MutableMatrixView) {
    let sums = trees.sums(rows: rows, planes: planes)
    let classes = trees.classes
    for k in 0..<classes {
      let values = (0..<out.columns).map { pixel in
        Float(log(max(sums[pixel * classes + k] / Double(count), 1e-9)))
      }
      out[rows: k..<k + 1].copy(Matrix(rows: 1, columns: values.count, values).all)
    }
  }
}
