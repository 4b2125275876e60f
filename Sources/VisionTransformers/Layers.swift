import Checkpoints
import Features
import LinearAlgebra

/// A linear map with a bias that the caller adds with whatever comes next: `x · Wᵀ`.
struct Linear: Sendable {
  /// `[out, in]`.
  let weight: Matrix
  /// `[1, out]`.
  let bias: Matrix

  init(_ weights: Weights, from input: Int, to output: Int) throws(CheckpointError) {
    weight = try weights.matrix("weight", output, input)
    bias = try weights.vector("bias", output)
  }

  /// A convolution's kernel, `[out, …]`, taken as a matrix `[out, in]`.
  init(_ weights: Weights, kernel shape: [Int]) throws(CheckpointError) {
    weight = try weights.matrix("weight", shape: shape, rows: shape[0])
    bias = try weights.vector("bias", shape[0])
  }

  /// The product alone, `[n, in] → [n, out]`.
  func callAsFunction(_ x: MatrixView, into y: MatrixView) {
    multiply(x, transposed: weight.all, into: y)
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

/// The network after the attention, `[n, dim] → [n, dim]`, its last bias left to the residual.
enum FeedForward: Sendable {
  /// fc₂(GELU(fc₁ x)). Source: Dosovitskiy et al. 2021, §3.1.
  case mlp(fc1: Linear, fc2: Linear)
  /// w₃(SiLU(a) ⊙ b) with (a, b) = w₁₂ x. Source: Shazeer 2020, eq. 6.
  case swiglu(w12: Linear, w3: Linear)

  init(_ weights: Weights, _ card: ModelCard) throws(CheckpointError) {
    switch card.feedForward {
    case .mlp:
      self = .mlp(
        fc1: try Linear(weights["fc1"], from: card.dim, to: card.hidden),
        fc2: try Linear(weights["fc2"], from: card.hidden, to: card.dim))
    case .swiglu:
      self = .swiglu(
        w12: try Linear(weights["w12"], from: card.dim, to: 2 * card.hidden),
        w3: try Linear(weights["w3"], from: card.hidden, to: card.dim))
    }
  }

  func callAsFunction(_ x: MatrixView, into y: MatrixView, inner: Matrix, gated: Matrix) {
    switch self {
    case .mlp(let fc1, let fc2):
      let hidden = inner[rows: 0..<x.rows, columns: 0..<fc1.weight.rows]
      fc1(x, into: hidden)
      EncoderKernels.current.gelu(hidden, adding: fc1.bias)
      fc2(hidden, into: y)
    case .swiglu(let w12, let w3):
      let halves = inner[rows: 0..<x.rows, columns: 0..<w12.weight.rows]
      let hidden = gated[rows: 0..<x.rows, columns: 0..<w3.weight.columns]
      w12(x, into: halves)
      EncoderKernels.current.swiglu(halves, adding: w12.bias, into: hidden)
      w3(hidden, into: y)
    }
  }

  /// The bias of the last layer, `[1, dim]`.
  var lastBias: Matrix {
    switch self {
    case .mlp(_, let fc2): fc2.bias
    case .swiglu(_, let w3): w3.bias
    }
  }

  /// Columns of the first layer's output, and of what the gate leaves of it.
  var innerColumns: (before: Int, after: Int) {
    switch self {
    case .mlp(let fc1, _): (fc1.weight.rows, 1)
    case .swiglu(let w12, let w3): (w12.weight.rows, w3.weight.columns)
    }
  }
}
