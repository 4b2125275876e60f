import Checkpoints
import Encoders
import Files
import Foundation
import GPU
import Imaging
import LinearAlgebra
import Support
import VisionTransformers

/// A small random model in a file, for the CPU and for cards: two heads of 64 values, two blocks,
/// 65 tokens and more of an image of 112 pixels.
struct TinyViT {
  let card: ModelCard
  let path: String
  let digest: String
  let model: ViT
  private let folder: TemporaryFolder

  static let image = InputPlanes(
    size: Size(width: 112, height: 112),
    values: (0..<3 * 112 * 112).map { index in
      let (x, y) = (index % 112, index / 112 % 112)
      return sin(Float(x * (1 + index / 12544)) * 0.21) + cos(Float(y) * 0.13) * 0.7
    })

  init(_ card: ModelCard, in folder: TemporaryFolder, seed: Int = 1) throws {
    self.card = card
    self.folder = folder
    var numbers = SeededNumbers(seed: seed)
    var (members, data): ([String], [UInt8]) = ([], [])
    for request in try card.tensors() where request.fallback == nil {
      let count = request.shape.reduce(1, *)
      let depth = request.shape.dropFirst().reduce(1, *)
      let isScale =
        request.name.hasSuffix("gamma")
        || request.name.contains("norm") && request.name.hasSuffix("weight")
      let spread: Float =
        request.shape.count > 1 && !request.name.hasSuffix("token")
          && !request.name.hasSuffix("tokens") && request.name != "pos_embed"
        ? 2.2 / Float(depth).squareRoot() : 0.3
      let values = numbers.floats(count, upTo: spread).map { (isScale ? 1 : 0) + $0 }
      let part = bytes(of: values)
      members.append(
        member(request.name, "F32", request.shape, data.count, data.count + part.count))
      data += part
    }
    try FileManager.default.createDirectory(
      atPath: folder.path, withIntermediateDirectories: true)
    path = "\(folder.path)/\(card.name).safetensors"
    let file = fileBytes(header: "{\(members.joined(separator: ","))}", data: data)
    try Data(file).write(to: URL(filePath: path))
    digest = SHA256.digest(of: file).description
    model = try ViT(Weights(try Checkpoint(path: path)), card: card)
  }

  /// Cards of every kind that kernels have.
  static let cards: [ModelCard] = [
    card("plain", .dinov2),
    card("registers", .dinov2, registers: 4, head: .init(classes: 7, input: .classAndMean)),
    card("swiglu", .dinov2, hidden: 344, feedForward: .swiglu),
    card("rotary", .dinov3, registers: 4, positions: .rotary),
    card("rotary-swiglu", .dinov3, hidden: 256, feedForward: .swigluSplit, positions: .rotary),
    card("distilled", .deit, classTokens: 2, head: .init(classes: 5, input: .bothTokens)),
    card("tanh", .vit, gelu: .tanh, pooling: .averageThenNorm, head: .init(classes: 3)),
    card("quick", .vit, gelu: .quick, head: .init(classes: 9)),
  ]

  static func card(
    _ name: String, _ family: ModelCard.Family, hidden: Int = 512, classTokens: Int = 1,
    registers: Int = 0, feedForward: ModelCard.FeedForward = .mlp, gelu: ModelCard.GELU = .erf,
    positions: ModelCard.PositionRule = .antialias, pooling: ModelCard.Pooling = .classToken,
    head: ModelCard.Head? = nil
  ) -> ModelCard {
    ModelCard(
      name: name, family: family, title: "", source: "", licence: "", file: "\(name).safetensors",
      sha256: nil, patch: 14, dim: 128, depth: 2, heads: 2, hidden: hidden,
      classTokens: classTokens, registers: registers, feedForward: feedForward, gelu: gelu,
      epsilon: 1e-6, positions: positions, positionGrid: positions == .rotary ? 0 : 8,
      pooling: pooling, head: head, mean: [0, 0, 0], std: [1, 1, 1])
  }
}
