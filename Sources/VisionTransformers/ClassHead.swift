import Checkpoints
import Encoders
import LinearAlgebra

/// A linear classifier of a whole image.
///
/// Source: Dosovitskiy et al. 2021, §3.1; two heads, Touvron et al. 2021, §3; linear probes, the
/// `eval_linear.py` of DINO and `eval/linear.py` of DINOv2.
struct ClassHead: Sendable {
  /// The tokens after the last block.
  struct Tokens {
    /// The vector that represents the image, then distillation and registers, normed.
    let before: Matrix
    /// The patches, normed, `[grid, dim]`.
    let patches: Matrix
    /// The class token after every block, not normed, `[depth, dim]`.
    let classTokens: Matrix
    let norm: Norm
  }

  private let input: ModelCard.Head.Input
  /// One layer, or those of class and distillation token: `[classes, in]` and `[1, classes]`.
  private let layers: [(weight: Matrix, bias: Matrix)]

  /// Reads the layers under `names`, each with the same input except for its token.
  init(
    _ weights: Weights, _ head: ModelCard.Head, dim: Int, names: [String]
  ) throws(CheckpointError) {
    input = head.input
    var layers: [(weight: Matrix, bias: Matrix)] = []
    for name in names {
      layers.append(
        (
          try weights[name].matrix("weight", head.classes, input.vectors * dim),
          try weights[name].vector("bias", head.classes)
        ))
    }
    self.layers = layers
  }

  /// The head of a plain transformer; `nil` if its card has none.
  init?(_ weights: Weights, _ card: ModelCard) throws(CheckpointError) {
    guard let head = card.head else { return nil }
    try self.init(
      weights, head, dim: card.dim,
      names: head.input == .bothTokens ? ["head", "head_dist"] : ["head"])
  }

  /// The mean of the heads' logits, `[classes]`.
  func callAsFunction(_ tokens: Tokens) -> [Float] {
    logits { tokens.vectors(for: input, head: $0) }
  }

  /// The logits of the vector that represents an image, `[classes]`.
  func callAsFunction(pooled vector: [Float]) -> [Float] {
    logits { _ in vector }
  }

  private func logits(of input: (Int) -> [Float]) -> [Float] {
    let logits = MutableMatrix(rows: 1, columns: layers[0].bias.count)
    let share = Matrix(rows: 1, columns: 1, [1 / Float(layers.count)])
    for layer in layers {
      multiply(share.all, by: layer.bias.all, into: logits.all, adding: true)
    }
    for (index, layer) in layers.enumerated() {
      let input = Matrix(rows: 1, columns: layer.weight.columns, input(index))
      multiply(
        input.all, transposed: layer.weight.all, into: logits.all,
        scale: 1 / Float(layers.count), adding: true)
    }
    return logits.values
  }
}

extension ClassHead.Tokens {
  /// A head's input, `[vectors · dim]`.
  fileprivate func vectors(for input: ModelCard.Head.Input, head: Int) -> [Float] {
    switch input {
    case .pooled: before.row(0)
    case .bothTokens: before.row(head)
    case .classAndMean: before.row(0) + mean(of: patches.all)
    case .classAndMeanInterleaved:
      zip(before.row(0), mean(of: patches.all)).flatMap { [$0, $1] }
    case .lastFour: lastFour
    case .lastFourAndMean: lastFour + mean(of: patches.all)
    }
  }

  private var lastFour: [Float] {
    let depth = classTokens.rows
    let normed = MutableMatrix(rows: min(depth, 4), columns: classTokens.columns)
    norm(classTokens[rows: depth - normed.rows..<depth], into: normed.all)
    return normed.values
  }
}

extension ModelCard.Head.Input {
  /// The number of vectors of a token's width, side by side.
  fileprivate var vectors: Int {
    switch self {
    case .pooled, .bothTokens: 1
    case .classAndMean, .classAndMeanInterleaved: 2
    case .lastFour: 4
    case .lastFourAndMean: 5
    }
  }
}

/// The mean row, `[n, dim] → [dim]`.
func mean(of rows: MatrixView) -> [Float] {
  let mean = MutableMatrix(rows: 1, columns: rows.columns)
  multiply(
    Matrix.ones(rows.rows).all, by: rows, into: mean.all, scale: 1 / Float(rows.rows))
  return mean.values
}
