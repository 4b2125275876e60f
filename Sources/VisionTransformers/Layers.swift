import Checkpoints
import Encoders
import LinearAlgebra

extension PackedLayer {
  /// Reads `weight`, `[out, in]`, and `bias`, `[out]`, of a checkpoint.
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

  var dim: Int { weight.count }

  func callAsFunction(_ x: MatrixView, into y: MatrixView) {
    EncoderKernels.current.normalise(x, into: y, weight: weight, bias: bias, epsilon: epsilon)
  }
}

/// The feed-forward network added to the residual stream, `[n, dim] → [n, dim]`.
struct FeedForward: Sendable {
  /// GELU(fc₁ x), or SiLU(a) ⊙ b with (a, b) = w₁₂ x.
  ///
  /// Source: Dosovitskiy et al. 2021, §3.1; Shazeer 2020, eq. 6.
  private let first: PackedLayer
  /// The approximation of GELU between the layers, if there is one.
  private let approximation: ApproximateGELU?
  /// fc₂, or w₃.
  private let last: PackedLayer

  init(_ weights: Weights, _ configuration: BlockConfiguration, scale: Matrix)
    throws(CheckpointError)
  {
    let (dim, hidden) = (configuration.dim, configuration.hidden)
    let names = configuration.feedForward.layers(in: weights)
    approximation = configuration.feedForward == .mlp ? configuration.gelu.approximation : nil
    switch configuration.feedForward {
    case .mlp:
      first = try PackedLayer(
        weights[names.first], from: dim, to: hidden, end: approximation == nil ? .gelu : .bias)
    case .swiglu:
      first = try PackedLayer(weights[names.first], from: dim, to: 2 * hidden, end: .swiglu)
    case .swigluSplit:
      var (weight, bias): ([Float], [Float]) = ([], [])
      for half in [weights["w1"], weights["w2"]] {
        weight += try half.values("weight", shape: [hidden, dim])
        bias += try half.values("bias", shape: [hidden])
      }
      first = PackedLayer(
        Matrix(rows: 2 * hidden, columns: dim, weight),
        bias: Matrix(rows: 1, columns: 2 * hidden, bias), end: .swiglu)
    }
    last = try PackedLayer(
      weights[names.last], from: hidden, to: dim, end: .residual(scale: scale))
  }

  /// Adds the network's output for some normed rows to `x`.
  func callAsFunction(
    _ normed: MatrixView, addingTo x: MatrixView, _ precision: Precision,
    _ scratch: EncoderWorkers.Scratch
  ) {
    let inner = scratch.inner(normed.rows, last.inputs)
    first(normed, into: inner, precision, scratch: scratch.product)
    approximation?(inner)
    last(inner, into: x, precision, scratch: scratch.product)
  }
}

extension ModelCard.GELU {
  fileprivate var approximation: ApproximateGELU? {
    switch self {
    case .erf: nil
    case .tanh: .tanh
    case .quick: .sigmoid
    }
  }
}

extension ModelCard.FeedForward {
  /// The layers' names, which differ for Segment Anything.
  fileprivate func layers(in weights: Weights) -> (first: String, last: String) {
    switch self {
    case .mlp: weights.contains("lin1.weight") ? ("lin1", "lin2") : ("fc1", "fc2")
    case .swiglu: ("w12", "w3")
    case .swigluSplit: ("w1", "w3")
    }
  }

  /// The number of products of one inner layer's size.
  var products: Int {
    switch self {
    case .mlp: 2
    case .swiglu, .swigluSplit: 3
    }
  }
}
