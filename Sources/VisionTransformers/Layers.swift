import Checkpoints
import Encoders
import LinearAlgebra

extension PackedLayer {
  /// Reads `weight`, `[out, in]`, and `bias`, `[out]`, of a checkpoint.
  convenience init(
    _ weights: Weights, from input: Int, to output: Int, end: End
  ) throws(CheckpointError) {
    self.init(
      try weights.tensor("weight", [output, input]), bias: try weights.tensor("bias", [output]),
      end: end)
  }

  /// The same for a branch added to the residual stream, scaled by the `gamma`, `[out]`, of `scale`
  /// where there is one.
  convenience init(
    _ weights: Weights, from input: Int, to output: Int, scale: Weights?
  ) throws(CheckpointError) {
    self.init(
      try weights.tensor("weight", [output, input]), bias: try weights.tensor("bias", [output]),
      end: .residual(scale: try scale?.vector("gamma", output) ?? .ones(output)))
  }

  /// Packs `weight`, `[out, …]`, with the axes after the first flattened; packs nothing in a
  /// recording.
  convenience init(_ weight: Tensor, bias: Tensor?, end: End) {
    if weight.values == nil {
      let nothing = Matrix(rows: 0, columns: 0)
      self.init(nothing, bias: nothing, end: .bias)
    } else {
      self.init(
        weight.matrix(),
        bias: bias?.matrix(rows: 1) ?? Matrix(rows: 1, columns: weight.shape[0]), end: end)
    }
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

  func callAsFunction(_ x: MatrixView, into y: MutableMatrixView) {
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

  /// Reads the layers under the default names of their kind, or under others.
  init(
    _ weights: Weights, _ configuration: BlockConfiguration, scale: Weights? = nil,
    names: (first: String, last: String)? = nil
  ) throws(CheckpointError) {
    let (dim, hidden) = (configuration.dim, configuration.hidden)
    let names = names ?? configuration.feedForward.layers
    approximation = configuration.feedForward == .mlp ? configuration.gelu.approximation : nil
    switch configuration.feedForward {
    case .mlp:
      first = try PackedLayer(
        weights[names.first], from: dim, to: hidden, end: approximation == nil ? .gelu : .bias)
    case .swiglu:
      first = try PackedLayer(weights[names.first], from: dim, to: 2 * hidden, end: .swiglu)
    case .swigluSplit:
      var (halves, biases): ([Tensor], [Tensor]) = ([], [])
      for half in [weights[names.first], weights["w2"]] {
        halves.append(try half.tensor("weight", [hidden, dim]))
        biases.append(try half.tensor("bias", [hidden]))
      }
      first = PackedLayer(
        Tensor([2 * hidden, dim], of: halves) { $0.flatMap { $0 } },
        bias: Tensor([2 * hidden], of: biases) { $0.flatMap { $0 } }, end: .swiglu)
    }
    last = try PackedLayer(weights[names.last], from: hidden, to: dim, scale: scale)
  }

  /// Adds the network's output for some normed rows to `x`.
  func callAsFunction(
    _ normed: MatrixView, addingTo x: MutableMatrixView, _ precision: Precision,
    _ scratch: EncoderWorkers.Scratch
  ) {
    let inner = scratch.inner(normed.rows, last.inputs)
    first(normed, into: inner, precision, scratch: scratch.product)
    approximation?(inner)
    last(inner.view, into: x, precision, scratch: scratch.product)
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
  /// The default names of the layers.
  fileprivate var layers: (first: String, last: String) {
    switch self {
    case .mlp: ("fc1", "fc2")
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
