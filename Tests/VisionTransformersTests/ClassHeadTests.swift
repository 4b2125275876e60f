import Checkpoints
import Encoders
import Imaging
import LinearAlgebra
import Support
import Testing
import VisionTransformers

/// Heads of every kind compared with their definition, computed from the model's own blocks.
@Suite("Class heads") struct ClassHeadTests {
  private static let (dim, depth, classes) = (8, 5, 7)

  /// A random model with a head of a width, and its weights, `[classes, width]`.
  private func model(
    _ input: ModelCard.Head.Input, width: Int
  ) throws -> (model: ViT, weight: Matrix, bias: [Float]) {
    let (dim, depth, classes) = (Self.dim, Self.depth, Self.classes)
    var chance = SeededNumbers(seed: 41)
    var tensors: [GivenTensor] = []
    func add(_ name: String, _ shape: Int...) {
      tensors.append((name, shape, chance.floats(shape.reduce(1, *))))
    }
    add("cls_token", 1, 1, dim)
    add("pos_embed", 1, 5, dim)
    add("patch_embed.proj.weight", dim, 3, 4, 4)
    add("patch_embed.proj.bias", dim)
    for block in (0..<depth).map({ "blocks.\($0)" }) {
      for norm in ["norm1", "norm2"] {
        add("\(block).\(norm).weight", dim)
        add("\(block).\(norm).bias", dim)
      }
      for (layer, out, into) in [
        ("attn.qkv", 3 * dim, dim), ("attn.proj", dim, dim), ("mlp.fc1", 16, dim),
        ("mlp.fc2", dim, 16),
      ] {
        add("\(block).\(layer).weight", out, into)
        add("\(block).\(layer).bias", out)
      }
    }
    add("norm.weight", dim)
    add("norm.bias", dim)
    add("head.weight", classes, width)
    add("head.bias", classes)
    let card = ModelCard(
      name: "random", family: .vit, title: "", source: "", licence: "", file: "", sha256: nil,
      patch: 4, dim: dim, depth: depth, heads: 2, hidden: 16, registers: 0, feedForward: .mlp,
      epsilon: 1e-6, positions: .size, positionGrid: 2,
      head: ModelCard.Head(classes: classes, input: input), mean: [0, 0, 0], std: [1, 1, 1])
    let values = tensors.suffix(2).map { $0.values }
    return (
      try ViT(Weights(of: tensors), card: card),
      Matrix(rows: classes, columns: width, values[0]), values[1]
    )
  }

  private func average(of patches: Matrix) -> [Float] {
    (0..<patches.columns).map { column in
      (0..<patches.rows).reduce(0) { $0 + patches[$1, column] } / Float(patches.rows)
    }
  }

  /// Tolerance: |Δ| ≤ 1e-5 where values are around 1.
  @Test(
    arguments: [
      (.pooled, 1), (.classAndMean, 2), (.classAndMeanInterleaved, 2), (.lastFour, 4),
      (.lastFourAndMean, 5),
    ] as [(ModelCard.Head.Input, Int)])
  func `ClassHead: the input is that of the card`(
    input: ModelCard.Head.Input, vectors: Int
  ) async throws {
    let (model, weight, bias) = try model(input, width: vectors * Self.dim)
    var chance = SeededNumbers(seed: 43)
    let image = InputPlanes(size: Size(width: 12, height: 8), values: chance.floats(288))
    var blocks: [Encoding] = []
    for block in 0..<Self.depth {
      blocks += try await model.encodings(of: image, stride: 4, block: block)
    }
    let last = try #require(blocks.last)
    let (token, mean) = (last.classToken, average(of: last.patches.vectors))
    let lastFour = blocks.suffix(4).flatMap(\.classToken)
    let taken: [Float] =
      switch input {
      case .pooled, .bothTokens: token
      case .classAndMean: token + mean
      case .classAndMeanInterleaved: zip(token, mean).flatMap { [$0, $1] }
      case .lastFour: lastFour
      case .lastFourAndMean: lastFour + mean
      }
    let logits = try #require(last.logits)
    #expect(logits.count == Self.classes && blocks.dropLast().allSatisfy { $0.logits == nil })
    for (index, logit) in logits.enumerated() {
      let expected = zip(weight.row(index), taken).reduce(Double(bias[index])) {
        $0 + Double($1.0) * Double($1.1)
      }
      #expect(abs(Double(logit) - expected) <= 1e-5)
    }
  }
}
