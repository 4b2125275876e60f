import LinearAlgebra

/// Rows with equal ones of a class made one, their weights added.
///
/// Pixels of one patch have equal vectors where they are not interpolated; a fit to the merged rows
/// is the same fit.
struct MergedRows {
  let features: Matrix
  let classes: [Int32]
  let weights: [Double]
  /// Where each row was, the first of equal ones.
  let places: [Int]

  /// The first of equal rows stays, in the order given.
  init(_ all: Matrix, classes: [Int32], weights: [Double], workers: ThreadPool? = nil) {
    // Few equal values of one column mean few equal rows, and save reading them all.
    let sample = Set((0..<all.rows).map { all.columns > 0 ? all[$0, all.columns - 1] : 0 })
    guard sample.count < all.rows else {
      (features, self.classes, self.weights) = (all, classes, weights)
      self.places = Array(0..<all.rows)
      return
    }
    let parts = Blocks(of: all.rows, atMost: 1024)
    let numbers = workers.map(parts.count) { part, _ in
      parts[part].map { MergedRows.number(of: all.row($0), classes[$0]) }
    }.flatMap { $0 }
    /// The places among the kept rows of those that have a number.
    var places: [UInt64: [Int]] = [:]
    var kept: [Int] = []
    var sums: [Double] = []
    for row in 0..<all.rows {
      let known = places[numbers[row]]?.first { place in
        classes[kept[place]] == classes[row] && all.row(kept[place]) == all.row(row)
      }
      if let known {
        sums[known] += weights[row]
      } else {
        places[numbers[row], default: []].append(kept.count)
        kept.append(row)
        sums.append(weights[row])
      }
    }
    features = kept.count == all.rows ? all : gather(kept, of: all)
    self.classes = kept.map { classes[$0] }
    self.weights = sums
    self.places = kept
  }

  /// A number of a row and its class: that of equal rows is equal, that of others hardly ever.
  ///
  /// Source: the step of Fowler, Noll and Vo's FNV-1a of 32 bits, in eight lanes of whole values.
  private static func number(of row: [Float], _ place: Int32) -> UInt64 {
    var lanes = SIMD8<UInt32>(repeating: 0x811c_9dc5)
    for start in stride(from: 0, to: row.count, by: 8) {
      var bits = SIMD8<UInt32>()
      // Zero is added so that the two zeros have the same bits.
      for lane in 0..<min(8, row.count - start) { bits[lane] = (row[start + lane] + 0).bitPattern }
      lanes = (lanes ^ bits) &* 0x0100_0193
      lanes ^= lanes &>> 15
    }
    return (0..<8).reduce(UInt64(UInt32(bitPattern: place))) {
      ($0 ^ UInt64(lanes[$1])) &* 0x9e37_79b9_7f4a_7c15
    }
  }
}
