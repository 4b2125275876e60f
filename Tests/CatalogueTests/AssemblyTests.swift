import Catalogue
import Checkpoints
import Encoders
import Foundation
import Support
import Testing
import VisionTransformers

/// What becomes of values, on small models of which every number is known.
@Suite("Assembly") struct AssemblyTests {
  static let card = ModelCard(
    name: "tiny", family: .dinov3, title: "Tiny", source: "tests", licence: "none",
    file: "tiny.safetensors", sha256: nil, patch: 2, dim: 8, depth: 2, heads: 1, hidden: 4,
    registers: 4, feedForward: .mlp, epsilon: 1e-5, positions: .rotary, positionGrid: 0,
    mean: [0, 0, 0], std: [1, 1, 1])

  /// A checkpoint of counted values: every tensor begins a thousand above the one before, but for
  /// one of zeros.
  private func checkpoint(
    _ tensors: [(name: String, shape: [Int])], zeros: String = ""
  ) throws -> Checkpoint {
    var (members, data): ([String], [UInt8]) = ([], [])
    for (place, tensor) in tensors.enumerated() {
      let begin = data.count
      let count = tensor.shape.reduce(1, *)
      data += bytes(
        of: (0..<count).map { tensor.name == zeros ? 0 : Float(1000 * place + $0) })
      members.append(member(tensor.name, "F32", tensor.shape, begin, data.count))
    }
    return try Checkpoint(
      ByteArray(fileBytes(header: "{\(members.joined(separator: ","))}", data: data)))
  }

  private func values(
    _ name: String, of recognition: Recognition, in checkpoint: Checkpoint
  ) throws -> [Float] {
    let tensor = try #require(recognition.tensors.first { $0.name == name })
    return try tensor.parts.flatMap { part -> [Float] in
      switch part {
      case .zeros(let count): return [Float](repeating: 0, count: count)
      case .values(let values): return values
      case .stored(let stored, let name):
        var (floats, pieces) = ([Float](), checkpoint.pieces(of: stored, named: name))
        while let piece = try pieces.next() { floats += piece }
        return floats
      }
    }
  }

  /// The tensors of the tiny model in transformers' names.
  private static var transformers: [(name: String, shape: [Int])] {
    let block = [
      ("norm1.weight", [8]), ("norm1.bias", [8]), ("attention.q_proj.weight", [8, 8]),
      ("attention.q_proj.bias", [8]), ("attention.k_proj.weight", [8, 8]),
      ("attention.v_proj.weight", [8, 8]), ("attention.v_proj.bias", [8]),
      ("attention.o_proj.weight", [8, 8]), ("attention.o_proj.bias", [8]),
      ("layer_scale1.lambda1", [8]), ("norm2.weight", [8]), ("norm2.bias", [8]),
      ("mlp.up_proj.weight", [4, 8]), ("mlp.up_proj.bias", [4]),
      ("mlp.down_proj.weight", [8, 4]), ("mlp.down_proj.bias", [8]), ("layer_scale2.lambda1", [8]),
    ]
    return [
      ("embeddings.cls_token", [1, 1, 8]), ("embeddings.mask_token", [1, 1, 8]),
      ("embeddings.register_tokens", [1, 4, 8]),
      ("embeddings.patch_embeddings.weight", [8, 3, 2, 2]),
      ("embeddings.patch_embeddings.bias", [8]), ("norm.weight", [8]), ("norm.bias", [8]),
    ] + (0..<2).flatMap { index in block.map { ("layer.\(index).\($0.0)", $0.1) } }
  }

  @Test
  func `queries, keys and values are joined, and an absent bias is zero`() throws {
    let names = Self.transformers
    let checkpoint = try checkpoint(names)
    let found = try ModelCatalogue([Self.card]).recognise(checkpoint)
    func first(_ name: String) -> Float {
      Float(1000 * (names.firstIndex { $0.name == name } ?? 0))
    }
    let weight = try values("blocks.1.attn.qkv.weight", of: found, in: checkpoint)
    #expect(weight.count == 192)
    for (part, name) in ["q", "k", "v"].enumerated() {
      let begin = first("layer.1.attention.\(name)_proj.weight")
      #expect(weight[64 * part] == begin && weight[64 * part + 63] == begin + 63)
    }
    let bias = try values("blocks.1.attn.qkv.bias", of: found, in: checkpoint)
    #expect(bias[0] == first("layer.1.attention.q_proj.bias"))
    #expect(bias[8..<16].allSatisfy { $0 == 0 })
    #expect(bias[16] == first("layer.1.attention.v_proj.bias"))
    #expect(found.unused == ["embeddings.mask_token"])
    let periods = try values("rope_embed.periods", of: found, in: checkpoint)
    #expect(periods == [1, 10])
  }

  /// Both are of one shape: only their names tell them apart.
  @Test
  func `the gate is the gate, and what it lets through is not`() throws {
    var card = Self.card
    card.feedForward = .swigluSplit
    let names = Self.transformers.flatMap { tensor in
      tensor.name.contains("mlp.up_proj")
        ? [(tensor.name.replacing("up_proj", with: "gate_proj"), tensor.shape), tensor] : [tensor]
    }
    let checkpoint = try checkpoint(names)
    let found = try ModelCatalogue([card]).recognise(checkpoint)
    for (part, name) in [("w1", "gate_proj"), ("w2", "up_proj"), ("w3", "down_proj")] {
      #expect(
        try values("blocks.1.mlp.\(part).weight", of: found, in: checkpoint)
          == checkpoint.floats("layer.1.mlp.\(name).weight"))
    }
  }

  @Test
  func `a mask takes the keys' bias away, whatever is stored there`() throws {
    var names = try Self.card.tensors().map { (name: $0.name, shape: $0.shape) }
    names += (0..<2).map { ("blocks.\($0).attn.qkv.bias_mask", [24]) }
    let checkpoint = try checkpoint(names)
    let found = try ModelCatalogue([Self.card]).recognise(checkpoint)
    let bias = try values("blocks.0.attn.qkv.bias", of: found, in: checkpoint)
    let stored = try checkpoint.floats("blocks.0.attn.qkv.bias")
    #expect(bias == stored[..<8] + [Float](repeating: 0, count: 8) + stored[16...])
    #expect(
      try values("rope_embed.periods", of: found, in: checkpoint)
        == checkpoint.floats("rope_embed.periods"))
  }

  @Test(arguments: [("", "dino_tiny"), ("pos_embed", "mae_tiny")])
  func `of two models with the same tensors, MAE's class token has no position`(
    zeros: String, name: String
  ) throws {
    var (dino, mae) = (Self.card, Self.card)
    (dino.family, dino.positions, dino.positionGrid, dino.registers) = (.dino, .size, 3, 0)
    (dino.layerScale, dino.name) = (false, "dino_tiny")
    mae = dino
    (mae.family, mae.name) = (.mae, "mae_tiny")
    let tensors = try dino.tensors().map { (name: $0.name, shape: $0.shape) }
    let checkpoint = try checkpoint(tensors, zeros: zeros)
    for cards in [[dino, mae], [mae, dino]] {
      #expect(try ModelCatalogue(cards).recognise(checkpoint).card.name == name)
    }
  }

  @Test
  func `positions without the class token's get a row of zeros, flat patches their axes`() throws {
    var card = Self.card
    (card.family, card.positions, card.positionGrid, card.registers) = (.deit, .size, 3, 0)
    let names = try card.tensors().map { tensor -> (name: String, shape: [Int]) in
      switch tensor.name {
      case "pos_embed": ("pos_embed", [1, 9, 8])
      case let name where name.contains(".ls1.gamma"):
        (name.replacing("ls1.gamma", with: "gamma_1"), tensor.shape)
      case let name where name.contains(".ls2.gamma"):
        (name.replacing("ls2.gamma", with: "gamma_2"), tensor.shape)
      default: (tensor.name, tensor.shape)
      }
    }
    let checkpoint = try checkpoint(names)
    let found = try ModelCatalogue([card]).recognise(checkpoint)
    let table = try values("pos_embed", of: found, in: checkpoint)
    #expect(table.count == 80 && table[..<8].allSatisfy { $0 == 0 })
    #expect(try Array(table[8...]) == checkpoint.floats("pos_embed"))

    (card.layerScale, card.family) = (false, .vit)
    let flat = try self.checkpoint(
      try card.tensors().map {
        ($0.name, $0.name == "patch_embed.proj.weight" ? [8, 12] : $0.shape)
      })
    let old = try ModelCatalogue([card]).recognise(flat)
    #expect(old.tensors.first { $0.name == "patch_embed.proj.weight" }?.shape == [8, 3, 2, 2])
    #expect(
      try values("patch_embed.proj.weight", of: old, in: flat)
        == flat.floats("patch_embed.proj.weight"))
  }
}
