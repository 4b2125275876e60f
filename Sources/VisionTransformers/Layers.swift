import Checkpoints
import Features
import LinearAlgebra

extension PackedLayer {
  /// `weight`, `[out, in]`, and `bias`, `[out]`, of a checkpoint.
  convenience init(
    _ weights: Weights, from input: Int, to output: Int, end: End
  ) throws(CheckpointError) {
    self.init(
      try weights.matrix("weight", output, input), bias: try weights.vector("bias", output),
      end: end)
  }
}

/// Layer normalisation, `[n, dim] → [n, dim]`.
struct Norm: Sendable {
  let weight: Matrix
  let bias: Matrix
  let epsilon: Float

  init(_ weights: Weights, dim: Int, epsilon: Float) throws(CheckpointError) {
    weight = try weights.vector("weight", dim)
    bias = try weights.vector("bias", dim)
    self.epsilon = epsilon
  }

  func callAsFunction(_ x: MatrixView, into y: MatrixView) {
    EncoderKernels.current.normalise(x, into: y, weight: weight, bias: bias, epsilon: epsilon)
  }
}

/// The network after the attention, which returns to the residual stream, `[n, dim] → [n, dim]`.
struct FeedForward: Sendable {
  /// GELU(fc₁ x), or SiLU(a) ⊙ b with (a, b) = w₁₂ x.
  ///
  /// Source: Dosovitskiy et al. 2021, §3.1; Shazeer 2020, eq. 6.
  let first: PackedLayer
  /// fc₂, or w₃.
  let last: PackedLayer

  init(_ weights: Weights, _ card: ModelCard, scale: Matrix) throws(CheckpointError) {
    let last: String
    switch card.feedForward {
    case .mlp:
      first = try PackedLayer(weights["fc1"], from: card.dim, to: card.hidden, end: .gelu)
      last = "fc2"
    case .swiglu:
      first = try PackedLayer(weights["w12"], from: card.dim, to: 2 * card.hidden, end: .swiglu)
      last = "w3"
    case .swigluSplit:
      let (dim, hidden) = (card.dim, card.hidden)
      var (weight, bias): ([Float], [Float]) = ([], [])
      for part in [weights["w1"], weights["w2"]] {
        weight += try part.values("weight", shape: [hidden, dim])
        bias += try part.values("bias", shape: [hidden])
      }
      first = PackedLayer(
        Matrix(rows: 2 * hidden, columns: dim, weight),
        bias: Matrix(rows: 1, columns: 2 * hidden, bias), end: .swiglu)
      last = "w3"
    }
    self.last = try PackedLayer(
      weights[last], from: card.hidden, to: card.dim, end: .residual(scale: scale))
  }
}
