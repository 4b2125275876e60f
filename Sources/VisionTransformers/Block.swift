import Checkpoints
import Encoders
import LinearAlgebra

/// The sizes of a plain transformer block, with its optional parts.
struct BlockConfiguration: Sendable, Hashable {
  let dim: Int
  let heads: Int
  /// Width of the feed-forward network's inner layer.
  let hidden: Int
  var feedForward = ModelCard.FeedForward.mlp
  var gelu = ModelCard.GELU.erf
  let epsilon: Float
  var hasLayerScale = false
  /// Whether queries and keys are rotated by their positions; keys then have no bias.
  var turnsPositions = false

  var headDim: Int { dim / heads }
}

/// One pre-norm transformer block, `[tokens, dim] → [tokens, dim]`.
///
/// Source: Dosovitskiy et al. 2021, fig. 1 and eq. 2–3; layer scale, Touvron et al. 2021.
struct Block: Sendable {
  let norm1: Norm
  let attn: Attention
  let norm2: Norm
  let mlp: FeedForward

  init(_ weights: Weights, _ configuration: BlockConfiguration) throws(CheckpointError) {
    let dim = configuration.dim
    let scales = configuration.hasLayerScale ? (weights["ls1"], weights["ls2"]) : nil
    norm1 = try Norm(weights["norm1"], dim: dim, epsilon: configuration.epsilon)
    attn = try Attention(weights["attn"], configuration, scale: scales?.0)
    norm2 = try Norm(weights["norm2"], dim: dim, epsilon: configuration.epsilon)
    mlp = try FeedForward(weights["mlp"], configuration, scale: scales?.1)
  }

  /// Computes queries, keys and values of LN₁ x for some rows, rotated by `rotation`.
  func begin(
    _ rows: Range<Int>, _ state: Activations, _ rotation: Rotation?, _ precision: Precision,
    _ scratch: EncoderWorkers.Scratch
  ) {
    let normed = scratch.normed(rows.count, norm1.dim)
    norm1(state.x.view[rows: rows], into: normed)
    attn.qkv(normed.view, into: state.qkv[rows: rows], precision, scratch: scratch.product)
    attn.remember(rows, of: state, turnedBy: rotation)
  }

  /// x ← x + γ₁ ⊙ Attn(LN₁ x), then x ← x + γ₂ ⊙ MLP(LN₂ x), for rows whose attention is done.
  func end(
    _ rows: Range<Int>, _ state: Activations, _ precision: Precision,
    _ scratch: EncoderWorkers.Scratch
  ) {
    let x = state.x[rows: rows]
    let normed = scratch.normed(rows.count, norm2.dim)
    attn.proj(state.attended.view[rows: rows], into: x, precision, scratch: scratch.product)
    norm2(x.view, into: normed)
    mlp(normed.view, addingTo: x, precision, scratch)
  }
}

extension Matrix {
  /// A row of ones, `[1, count]`.
  static func ones(_ count: Int) -> Matrix {
    Matrix(rows: 1, columns: count, [Float](repeating: 1, count: count))
  }

  /// A copy of one row, `[1, columns]`.
  func line(_ index: Int) -> Matrix { Matrix(rows: 1, columns: columns, row(index)) }
}
