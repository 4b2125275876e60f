package import LinearAlgebra

extension TrainingSet {
  /// The set with some of its features alone: of the vectors, parts that are named by their places
  /// among all parts' dimensions.
  package func restricted(to features: FeatureSet, parts: [Int], of dims: [Int]) -> TrainingSet {
    precondition(dims.reduce(0, +) == deepDim, "parts of \(dims) in \(deepDim)")
    let columns = features.columns(parts: parts, of: dims, in: self.features.columns)
    var options = options
    options.features = features
    let deepDim = features.isDeep ? parts.reduce(0) { $0 + dims[$1] } : 0
    let scales = columns.filter { $0.upperBound <= self.deepDim }.flatMap { deepScales[$0] }
    return TrainingSet(
      options: options, features: self.features.selected(columns), classes: classes, ids: ids,
      weights: weights,
      standardisation: features.classical == nil
        ? Standardisation(mean: [], scale: []) : standardisation,
      deepDim: deepDim, deepScales: scales, labelled: labelled, isCapped: isCapped,
      pixels: pixels,
      source: Source(
        places: [:], deep: Matrix(rows: 0, columns: deepDim),
        classical: Matrix(rows: 0, columns: features.classical?.channels ?? 0)))
  }
}

extension FeatureSet {
  /// The columns of hybrid rows that it sees.
  func columns(parts: [Int], of dims: [Int], in all: Int) -> [Range<Int>] {
    var (starts, end) = ([Int](), 0)
    for dim in dims {
      starts.append(end)
      end += dim
    }
    let deep = isDeep ? parts.map { starts[$0]..<starts[$0] + dims[$0] } : []
    return deep + (classical == nil ? [] : [end..<all])
  }
}

extension Matrix {
  /// A copy of some ranges of columns, side by side.
  package func selected(_ columns: [Range<Int>]) -> Matrix {
    let part = MutableMatrix(rows: rows, columns: columns.reduce(0) { $0 + $1.count })
    var end = 0
    for range in columns {
      part[rows: 0..<rows, columns: end..<end + range.count].copy(
        self[rows: 0..<rows, columns: range])
      end += range.count
    }
    return part.frozen()
  }
}
