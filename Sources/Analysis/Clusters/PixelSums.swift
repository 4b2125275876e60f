import Encoders
import Fields
import Imaging
import LinearAlgebra

/// Sums of the vectors of each cluster's pixels: the adjoint of the upsampling, applied to labels.
extension PixelVectors {
  /// Adds the sums of some rows, whose labels are known.
  func addSums(of rows: Range<Int>, to part: inout PixelPass) {
    let k = part.counts.count
    let first = rows.lowerBound * size.width
    let shares = lengths.map { lengths in
      lengths[first..<first + part.labels.count].map { $0 > 0 ? 1 / Double($0) : 0 }
    }
    let sums =
      field.terms.isEmpty
      ? sumsOfPixels(rows, part.labels, shares, k) : sumsOfCells(rows, part.labels, shares, k)
    let width = dim + channels
    for cluster in 0..<k {
      for column in 0..<dim { part.sums[cluster * width + column] += sums[cluster * dim + column] }
    }
    guard let planes else { return }
    for channel in 0..<channels {
      var totals = [Double](repeating: 0, count: k)
      let values = planes[
        rows: channel..<channel + 1, columns: first..<first + part.labels.count
      ].values
      for (pixel, label) in part.labels.enumerated() where label != PixelPass.outside {
        totals[Int(label)] += Double(values[pixel])
      }
      for cluster in 0..<k { part.sums[cluster * width + dim + channel] += totals[cluster] }
    }
  }

  /// `Σ_v g_vᵀ a_v` with `a_v(cell, k)` the weights with which the pixels of cluster k are mixed from
  /// the cell, `[k, dim]`.
  private func sumsOfCells(
    _ rows: Range<Int>, _ labels: [UInt8], _ shares: [Double]?, _ k: Int
  ) -> [Double] {
    var sums = [Double](repeating: 0, count: k * dim)
    for term in field.terms {
      let (down, across) = (term.vertical, term.horizontal)
      let touched = rows.flatMap { [Int(down.first[$0]), Int(down.second[$0])] }
      let (low, high) = (touched.min() ?? 0, touched.max() ?? 0)
      let line = across.cells * k
      var weights = [Double](repeating: 0, count: (high - low + 1) * line)
      var mixed = [Double](repeating: 0, count: line)
      for (index, row) in rows.enumerated() {
        for place in mixed.indices { mixed[place] = 0 }
        let start = index * size.width
        for column in 0..<size.width where labels[start + column] != PixelPass.outside {
          let label = Int(labels[start + column])
          let share = shares?[start + column] ?? 1
          mixed[Int(across.first[column]) * k + label] +=
            share * Double(across.firstWeights[column])
          mixed[Int(across.second[column]) * k + label] +=
            share * Double(across.secondWeights[column])
        }
        let scale = Double(term.weight) / Double(field.weight)
        for (cell, weight) in [
          (down.first[row], down.firstWeights[row]), (down.second[row], down.secondWeights[row]),
        ] where weight != 0 {
          let (place, factor) = ((Int(cell) - low) * line, scale * Double(weight))
          for entry in 0..<line { weights[place + entry] += factor * mixed[entry] }
        }
      }
      let cells = low * across.cells..<(high + 1) * across.cells
      let found = ScoreKernels.current.sums(
        term.map.vectors[rows: cells], by: weights, classes: k)
      for place in sums.indices { sums[place] += found[place] }
    }
    return sums
  }

  /// The same from the pixels themselves, where weights depend on the image.
  private func sumsOfPixels(
    _ rows: Range<Int>, _ labels: [UInt8], _ shares: [Double]?, _ k: Int
  ) -> [Double] {
    var sums = [Double](repeating: 0, count: k * dim)
    var done = 0
    field.forEachPart(rows: rows, columns: 0..<size.width, atMost: 1 << 12) { pixels in
      var members = [[Int]](repeating: [], count: k)
      for pixel in 0..<pixels.rows where labels[done + pixel] != PixelPass.outside {
        members[Int(labels[done + pixel])].append(pixel)
      }
      for cluster in 0..<k where !members[cluster].isEmpty {
        let found = ScoreKernels.current.sums(
          gather(members[cluster], of: pixels).all,
          by: members[cluster].map { shares?[done + $0] ?? 1 }, classes: 1)
        for column in 0..<dim { sums[cluster * dim + column] += found[column] }
      }
      done += pixels.rows
    }
    return sums
  }
}
