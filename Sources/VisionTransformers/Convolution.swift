import Checkpoints

extension Weights {
  /// Kernels of a convolution over cells with adjacent channels, permuted from `[out, in, y, x]` to
  /// `[out, y · x · in]`.
  func kernels(
    from input: Int, to output: Int, side: Int
  ) throws(CheckpointError) -> Tensor {
    let stored = try tensor("weight", [output, input, side, side])
    let places = side * side
    return Tensor([output, places * input], of: [stored]) { parts in
      var kernels = [Float](repeating: 0, count: parts[0].count)
      for (index, value) in parts[0].enumerated() {
        let (row, rest) = index.quotientAndRemainder(dividingBy: input * places)
        let (channel, place) = rest.quotientAndRemainder(dividingBy: places)
        kernels[(row * places + place) * input + channel] = value
      }
      return kernels
    }
  }
}
