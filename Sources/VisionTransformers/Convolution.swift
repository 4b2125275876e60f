import Checkpoints
import LinearAlgebra

extension Weights {
  /// Kernels of a convolution over cells with adjacent channels, permuted from `[out, in, y, x]` to
  /// `[out, y · x · in]`.
  func kernels(
    from input: Int, to output: Int, side: Int
  ) throws(CheckpointError) -> Matrix {
    let stored = try values("weight", shape: [output, input, side, side])
    let kernels = Matrix(rows: output, columns: side * side * input)
    for (index, value) in stored.enumerated() {
      let (row, rest) = index.quotientAndRemainder(dividingBy: input * side * side)
      let (channel, place) = rest.quotientAndRemainder(dividingBy: side * side)
      kernels[row, place * input + channel] = value
    }
    return kernels
  }
}
