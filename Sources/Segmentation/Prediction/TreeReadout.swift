import LinearAlgebra

/// Trees laid out for rows of the vectors' dimensions that they ask for, and planes of all
/// classical features.
struct TreeReadout: Sendable, Hashable {
  /// The dimensions of the vectors that some node asks for, ascending.
  let dims: [Int]
  private let trees: DecisionTrees
  private let count: Int
  private let combination: TreeEnsemble.Combination

  init(_ ensemble: TreeEnsemble, deepDim: Int) {
    let asked = Set(ensemble.features.map { Int($0) })
    let dims = asked.filter { $0 >= 0 && $0 < deepDim }.sorted()
    let places = Dictionary(uniqueKeysWithValues: dims.enumerated().map { ($1, Int32($0)) })
    trees = DecisionTrees(
      roots: ensemble.roots,
      features: ensemble.features.map { feature in
        places[Int(feature)] ?? (feature < 0 ? feature : feature - Int32(deepDim - dims.count))
      },
      thresholds: ensemble.thresholds, left: ensemble.left, right: ensemble.right,
      values: ensemble.values,
      classes: ensemble.ids.count, dim: ensemble.dim - deepDim + dims.count)
    self.dims = dims
    count = ensemble.roots.count
    combination = ensemble.combination
  }

  /// The map that takes the dimensions that are asked for out of some, `[channels, columns.count]`.
  func selection(of columns: Range<Int>) -> Matrix {
    let own = dims.filter(columns.contains)
    let map = MutableMatrix(rows: own.count, columns: columns.count)
    for (row, dim) in own.enumerated() { map[row, dim - columns.lowerBound] = 1 }
    return map.frozen()
  }

  /// Scores whose softmax are the classes' probabilities, `[classes, pixels]`.
  func scores(rows: MatrixView, planes: MatrixView, into out: MutableMatrixView) {
    let sums = trees.sums(rows: rows, planes: planes)
    let classes = trees.classes
    for k in 0..<classes {
      let values = (0..<out.columns).map { pixel in
        Float(combination.score(sums[pixel * classes + k], trees: count, place: k))
      }
      out[rows: k..<k + 1].copy(Matrix(rows: 1, columns: values.count, values).all)
    }
  }
}
