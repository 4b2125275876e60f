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
    let names = names ?? configuration.feedForward.layers
    approximation = configuration.feedForward == .mlp ? configuration.gelu.approximation : nil
    let (weight, bias) = try weights.firstLayer(configuration, names.first)
    let end: PackedLayer.End =
      switch configuration.feedForward {
      case .mlp: approximation == nil ? .gelu : .bias
      case .swiglu, .swigluSplit: .swiglu
      }
    first = PackedLayer(weight, bias: bias, end: end)
    let (dim, hidden) = (configuration.dim, configuration.hidden)
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

extension Weights {
  /// The weight and bias of a feed-forward network's first layer, `[hidden, dim]`; of a gate and then
  /// its values, `[2 · hidden, dim]`.
  func firstLayer(
    _ configuration: BlockConfiguration, _ name: String
  ) throws(CheckpointError) -> (weight: Tensor, bias: Tensor) {
    let (dim, hidden) = (configuration.dim, configuration.hidden)
    switch configuration.feedForward {
    case .mlp: return try self[name].layer(hidden, dim)
    case .swiglu: return try self[name].layer(2 * hidden, dim)
    case .swigluSplit:
      let (gate, values) = (try self[name].layer(hidden, dim), try self["w2"].layer(hidden, dim))
      return (
        Tensor([2 * hidden, dim], of: [gate.weight, values.weight]) { $0.flatMap { $0 } },
        Tensor([2 * hidden], of: [gate.bias, values.bias]) { $0.flatMap { $0 } }
      )
    }
  }

  /// A layer's `weight`, `[out, in]`, and `bias`, `[out]`.
  func layer(_ output: Int, _ input: Int) throws(CheckpointError) -> (weight: Tensor, bias: Tensor)
  {
    (try tensor("weight", [output, input]), try tensor("bias", [output]))
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
  var layers: (first: String, last: String) {
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
