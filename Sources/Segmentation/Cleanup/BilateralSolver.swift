import Imaging
package import LinearAlgebra

/// Smooths scores along the edges of the picture that they belong to, over any distance within one
/// level of brightness.
///
/// Pixels of one cell of a grid of place, brightness and colour have one score, and neighbouring cells
/// are pulled together. It is linear in the scores, and leaves constants as they are. Source: Barron
/// and Poole 2016; steps and constants are those of TokenCut's code.
package struct BilateralSolver: Sendable, Hashable, Codable {
  /// Pixels of a cell's side.
  package let side: Double
  /// Levels of 0…255 of a cell's brightness.
  package let levels: Double

  /// Levels of 0…255 of a cell's colour.
  static let colorLevels = 8.0
  static let smoothness = 256.0
  static let confidence = 0.999
  /// Steps of conjugate gradients at most, and the share of the right side that is left then.
  static let (steps, tolerance) = (25, 1e-5)
  /// Rounds in which the grid's weights are balanced.
  static let rounds = 10
  static let leastDiagonal = 1e-5

  package init(side: Double = 16, levels: Double = 16) {
    precondition(side >= 1 && levels >= 1, "cells of \(side) pixels, \(levels) levels")
    (self.side, self.levels) = (side, levels)
  }

  /// The scores smoothed.
  package func callAsFunction(
    _ scores: Scores, guide: DenseCRF.Guide, workers: ThreadPool? = nil
  ) -> Scores {
    let grid = BilateralGrid(guide.planes, width: scores.size.width, side: side, levels: levels)
    precondition(grid.cells.count == scores.planes.columns, "a guide of another size")
    let planes = workers.map(scores.ids.count) { index, _ in
      grid.solved(scores.planes.row(index))
    }
    return Scores(
      size: scores.size, ids: scores.ids,
      planes: Matrix(
        rows: planes.count, columns: scores.planes.columns, planes.flatMap { $0 }))
  }

  /// Bytes for each pixel, of so many planes at once: in cells of so many pixels and levels at least.
  package func bytesOfPixel(planes: Int) -> Int {
    let cells = min(1, 2 * (256 / levels + 1) / (side * side))
    return 8 + 8 * planes + Int(cells * Double(120 + 80 * planes))
  }
}

/// The cells of place and colour that pixels are in, with the cells beside them.
private struct BilateralGrid: Sendable {
  /// The cell of each pixel.
  let cells: [Int32]
  /// Of each cell those before and after it in each dimension, −1 where there is none.
  private let beside: [Int32]
  private let counts: [Double]
  /// What makes the sums of all rows of the smoothness alike, and those sums.
  private let balance: [Double]
  private let masses: [Double]

  /// The bits of a cell's place in each dimension: x, y, brightness, and two differences of colour, of
  /// grey as of any other picture.
  private static let bits: [UInt64] = [18, 18, 10, 8, 8]
  private static let dimensions = bits.count

  init(_ planes: [[Float]], width: Int, side: Double, levels: Double) {
    var known: [UInt64: Int32] = [:]
    var places: [UInt64] = []
    cells = planes[0].indices.map { pixel in
      let (x, y) = (Double(pixel % width), Double(pixel / width))
      var (light, blue, red) = (Double(planes[0][pixel]), 128.0, 128.0)
      if planes.count == 3 {
        let (r, g, b) = (light, Double(planes[1][pixel]), Double(planes[2][pixel]))
        // Source: ITU-R BT.601, as JFIF has it.
        light = 0.299 * r + 0.587 * g + 0.114 * b
        blue = -0.168736 * r - 0.331264 * g + 0.5 * b + 128
        red = 0.5 * r - 0.418688 * g - 0.081312 * b + 128
      }
      var place: UInt64 = 0
      let chroma = BilateralSolver.colorLevels
      let values = [(x, side), (y, side), (light, levels), (blue, chroma), (red, chroma)]
      for ((value, step), bits) in zip(values, BilateralGrid.bits) {
        // One more than the cell, so that what is beside any cell has a number.
        place = place << bits | UInt64(max(value / step, 0) + 1)
      }
      if let cell = known[place] { return cell }
      known[place] = Int32(places.count)
      places.append(place)
      return Int32(places.count - 1)
    }
    var counts = [Double](repeating: 0, count: places.count)
    for cell in cells { counts[Int(cell)] += 1 }
    self.counts = counts
    let steps = BilateralGrid.bits.indices.map { dimension in
      UInt64(1) << BilateralGrid.bits[(dimension + 1)...].reduce(0, +)
    }
    beside = places.flatMap { place in
      steps.flatMap { [known[place - $0] ?? -1, known[place + $0] ?? -1] }
    }
    var balance = [Double](repeating: 1, count: places.count)
    for _ in 0..<BilateralSolver.rounds {
      let blurred = BilateralGrid.blurred(balance, beside)
      for cell in balance.indices {
        balance[cell] = (balance[cell] * counts[cell] / blurred[cell]).squareRoot()
      }
    }
    let blurred = BilateralGrid.blurred(balance, beside)
    masses = zip(balance, blurred).map { $0 * $1 }
    self.balance = balance
  }

  /// Twice each cell for each dimension, and the cells beside it.
  private static func blurred(_ values: [Double], _ beside: [Int32]) -> [Double] {
    let across = 2 * dimensions
    return values.indices.map { cell in
      var sum = Double(across) * values[cell]
      for place in across * cell..<across * (cell + 1) where beside[place] >= 0 {
        sum += values[Int(beside[place])]
      }
      return sum
    }
  }

  /// What the system makes of one plane, `[pixels]`.
  func solved(_ plane: [Float]) -> [Float] {
    var sums = [Double](repeating: 0, count: counts.count)
    for (cell, value) in zip(cells, plane) { sums[Int(cell)] += Double(value) }
    let solution = conjugateGradients(
      from: zip(sums, counts).map { $0 / $1 }, to: sums.map { BilateralSolver.confidence * $0 })
    return cells.map { Float(solution[Int($0)]) }
  }

  /// Source: Hestenes and Stiefel 1952, with the diagonal as preconditioner.
  private func conjugateGradients(from start: [Double], to right: [Double]) -> [Double] {
    let scale = BilateralSolver.smoothness
    let inverse = counts.indices.map { cell in
      1
        / max(
          scale
            * (masses[cell] - Double(2 * BilateralGrid.dimensions) * balance[cell] * balance[cell])
            + BilateralSolver.confidence * counts[cell], BilateralSolver.leastDiagonal)
    }
    var solution = start
    var rest = zip(right, product(start)).map { $0 - $1 }
    var direction: [Double] = []
    var former = 0.0
    let enough = BilateralSolver.tolerance * dot(right, right).squareRoot()
    for step in 0..<BilateralSolver.steps where dot(rest, rest).squareRoot() > enough {
      let scaled = zip(inverse, rest).map { $0 * $1 }
      let length = dot(rest, scaled)
      direction =
        step == 0 ? scaled : zip(scaled, direction).map { $0 + length / former * $1 }
      let image = product(direction)
      let share = length / dot(direction, image)
      for cell in solution.indices {
        solution[cell] += share * direction[cell]
        rest[cell] -= share * image[cell]
      }
      former = length
    }
    return solution
  }

  /// The system's matrix times a vector.
  private func product(_ values: [Double]) -> [Double] {
    let blurred = BilateralGrid.blurred(zip(balance, values).map { $0 * $1 }, beside)
    return values.indices.map { cell in
      BilateralSolver.smoothness * (masses[cell] * values[cell] - balance[cell] * blurred[cell])
        + BilateralSolver.confidence * counts[cell] * values[cell]
    }
  }

  private func dot(_ a: [Double], _ b: [Double]) -> Double {
    zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
  }
}
