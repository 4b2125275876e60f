import LinearAlgebra

/// Rows with equal ones of a class made one, their weights added.
///
/// Pixels of one patch have equal vectors where they are not interpolated; a fit to the merged rows
/// is the same fit.
struct MergedRows {
  let features: Matrix
  let classes: [Int32]
  let weights: [Double]

  /// The first of equal rows stays, in the order given.
  init(_ all: Matrix, classes: [Int32], weights: [Double]) {
    struct Row: Hashable {
      let values: [Float]
      let place: Int32
    }
    // Few equal values of one column mean few equal rows, and save reading them all.
    let sample = Set((0..<all.rows).map { all.columns > 0 ? all[$0, all.columns - 1] : 0 })
    guard sample.count < all.rows else {
      (features, self.classes, self.weights) = (all, classes, weights)
      return
    }
    var places: [Row: Int] = [:]
    var kept: [Int] = []
    var sums: [Double] = []
    for row in 0..<all.rows {
      let key = Row(values: all.row(row), place: classes[row])
      if let place = places[key] {
        sums[place] += weights[row]
      } else {
        places[key] = kept.count
        kept.append(row)
        sums.append(weights[row])
      }
    }
    features = kept.count == all.rows ? all : gather(kept, of: all)
    self.classes = kept.map { classes[$0] }
    self.weights = sums
  }
}
