import LinearAlgebra
import Support
import Testing

/// Each set of kernels that this CPU runs, against plain loops.
@Suite("Labels between cells") struct CellLabelsTests {
  /// An axis of pixels between cells, `side` pixels from one to the next.
  private func axis(_ cells: Int, side: Int, isNearest: Bool = false) -> MixedPositions {
    var (first, second): ([Int32], [Int32]) = ([], [])
    var (firstWeights, secondWeights): ([Float], [Float]) = ([], [])
    for position in 0..<cells * side {
      let place = max(0, min(2 * position + 1 - side, 2 * side * (cells - 1)))
      let (cell, rest) = (place / (2 * side), place % (2 * side))
      let share = isNearest ? 0 : Float(rest) / Float(2 * side)
      first.append(Int32(cell))
      second.append(Int32(share == 0 ? cell : cell + 1))
      firstWeights.append(1 - share)
      secondWeights.append(share)
    }
    return MixedPositions(
      of: cells, first: first, second: second, firstWeights: firstWeights,
      secondWeights: secondWeights)
  }

  /// Scores of few large differences, so that most classes are far below others.
  private func scores(_ cells: Int, _ classes: Int, seed: Int) -> Matrix {
    var chance = SeededNumbers(seed: seed)
    return Matrix(
      rows: cells, columns: classes,
      chance.floats(cells * classes).map { $0 < 0.6 ? $0 : 40 * $0 })
  }

  @Test(arguments: ScoreKernels.all.indices, [1, 2, 5, 16, 17, 80, 254])
  func `each pixel has the class of its largest mixed score, and cells their weights in it`(
    set: Int, classes: Int
  ) {
    for (side, isNearest) in [(3, false), (14, false), (40, false), (5, true)] {
      let (columns, rows) = (axis(6, side: side, isNearest: isNearest), axis(4, side: side))
      let all = scores(24, classes, seed: classes * side)
      var labelled = ScoreKernels.Labelled(rowsOfCells: 4, cells: 6, classes: classes)
      var begin = 0
      for row in 1...rows.count where row == rows.count || rows.first[row] != rows.first[begin] {
        let band = begin..<row
        begin = row
        let (upper, lower) = (Int(rows.first[band.lowerBound]), Int(rows.second[band].max() ?? 0))
        ScoreKernels.all[set].label(
          columns, above: Array(rows.firstWeights[band]), below: Array(rows.secondWeights[band]),
          upper: all[rows: 6 * upper..<6 * upper + 6], lower: all[rows: 6 * lower..<6 * lower + 6],
          at: (upper, lower), margin: 1e-4, into: &labelled)
      }
      var weights = [Double](repeating: 0, count: 24 * classes)
      var counts = [Int64](repeating: 0, count: classes)
      var wrong = 0
      for y in 0..<rows.count {
        for x in 0..<columns.count {
          let label = Int(labelled.labels[y * columns.count + x])
          var mixed = [Double](repeating: 0, count: classes)
          for (cell, weight) in [
            (rows.first[y], rows.firstWeights[y]), (rows.second[y], rows.secondWeights[y]),
          ] {
            for (other, share) in [
              (columns.first[x], columns.firstWeights[x]),
              (columns.second[x], columns.secondWeights[x]),
            ] {
              let place = 6 * Int(cell) + Int(other)
              let product = Double(weight) * Double(share)
              for c in 0..<classes { mixed[c] += product * Double(all[place, c]) }
              weights[place * classes + label] += product
            }
          }
          counts[label] += 1
          if let largest = mixed.max(), mixed[label] < largest - 1e-5 { wrong += 1 }
        }
      }
      #expect(wrong == 0 && labelled.counts == counts)
      let error = zip(labelled.weights, weights).map { abs($0 - $1) }.max() ?? 0
      #expect(error < 1e-6, "\(classes) classes, \(side) pixels")
    }
  }

  @Test(arguments: ScoreKernels.all.indices)
  func `of equal scores the first class is taken`(set: Int) {
    let columns = axis(3, side: 5)
    let equal = Matrix(
      rows: 3, columns: 4, Array(repeating: [1, 7, 7, 2], count: 3).flatMap { $0 })
    var labelled = ScoreKernels.Labelled(rowsOfCells: 1, cells: 3, classes: 4)
    ScoreKernels.all[set].label(
      columns, above: [1, 0.5], below: [0, 0.5], upper: equal.all, lower: equal.all, at: (0, 0),
      margin: 1e-5, into: &labelled)
    #expect(labelled.labels == [UInt8](repeating: 1, count: 30))
    #expect(labelled.counts == [0, 30, 0, 0])
  }

  @Test(arguments: ScoreKernels.all.indices, [1, 7, 8, 40])
  func `sums of which most weights are zero are the same bits`(set: Int, dim: Int) {
    var chance = SeededNumbers(seed: dim)
    let rows = Matrix(rows: 30, columns: dim, chance.floats(30 * dim))
    let weights = chance.floats(30 * 9).map { $0 < 0.8 ? 0 : Double($0) }
    let kernels = ScoreKernels.all[set]
    #expect(
      kernels.sums(rows.all, by: weights, classes: 9, isSparse: true)
        == kernels.sums(rows.all, by: weights, classes: 9))
  }
}
