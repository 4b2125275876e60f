package import Imaging
package import LinearAlgebra

/// An autoencoder's reconstruction of the hidden cells of an image.
package struct Reconstruction: Sendable {
  package let size: Size
  /// Pixels along a side of a cell.
  package let side: Int
  package let cells: Grid
  /// Whether each cell was hidden, `[cells]`.
  package let hidden: [Bool]
  /// The decoder's output, channel by channel and in row-major order, `[cells, 3 · side²]`.
  package let predicted: Matrix
  /// The image's pixels, in the same order.
  package let target: Matrix
  /// Whether the decoder gives each cell's pixels with mean 0 and variance 1.
  package let isNormalised: Bool

  package init(
    size: Size, side: Int, cells: Grid, hidden: [Bool], predicted: Matrix, target: Matrix,
    isNormalised: Bool
  ) {
    precondition(
      hidden.count == cells.count && predicted.rows == cells.count
        && target.rows == cells.count && predicted.columns == 3 * side * side
        && target.columns == 3 * side * side,
      "\(hidden.count) and \(predicted.rows) of \(cells.count) cells of side \(side)")
    self.size = size
    self.side = side
    self.cells = cells
    self.hidden = hidden
    self.predicted = predicted
    self.target = target
    self.isNormalised = isNormalised
  }

  /// The model's training loss: the mean squared error over hidden cells.
  package var loss: Double { loss(normalised: isNormalised) }

  /// The loss against pixels as they are, or against each cell's with mean 0 and variance 1.
  ///
  /// The variance is the unbiased one. Source: MAE's `forward_loss`.
  package func loss(normalised: Bool) -> Double {
    var (sum, count) = (0.0, 0)
    for cell in hidden.indices where hidden[cell] {
      let (found, wanted) = (predicted.row(cell), target.row(cell))
      let (mean, deviation) = normalised ? Reconstruction.moments(of: wanted) : (0, 1)
      for (found, wanted) in zip(found, wanted) {
        let difference = Double(found) - (Double(wanted) - mean) / deviation
        sum += difference * difference
      }
      count += found.count
    }
    return count == 0 ? 0 : sum / Double(count)
  }

  /// The image with its hidden cells reconstructed.
  ///
  /// The output of a decoder of normalised pixels gets each cell's true mean and variance, which
  /// the decoder does not predict.
  package var painted: InputPlanes {
    var values = [Float](repeating: 0, count: 3 * size.width * size.height)
    for cell in hidden.indices {
      let pixels = hidden[cell] ? painted(cell) : target.row(cell)
      let (top, left) = (cell / cells.columns * side, cell % cells.columns * side)
      for (index, value) in pixels.enumerated() {
        let (channel, place) = index.quotientAndRemainder(dividingBy: side * side)
        let row = channel * size.height + top + place / side
        values[row * size.width + left + place % side] = value
      }
    }
    return InputPlanes(size: size, values: values)
  }

  private func painted(_ cell: Int) -> [Float] {
    guard isNormalised else { return predicted.row(cell) }
    let (mean, deviation) = Reconstruction.moments(of: target.row(cell))
    return predicted.row(cell).map { Float(Double($0) * deviation + mean) }
  }

  private static func moments(of values: [Float]) -> (mean: Double, deviation: Double) {
    let mean = values.reduce(0) { $0 + Double($1) } / Double(values.count)
    let squares = values.reduce(0) { $0 + (Double($1) - mean) * (Double($1) - mean) }
    return (mean, (squares / Double(values.count - 1) + 1e-6).squareRoot())
  }
}
