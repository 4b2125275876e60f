import Checkpoints
import Encoders
import Foundation
import Imaging
import LinearAlgebra
import Support
import Testing
import VisionTransformers

/// Small random models compared with an implementation in NumPy and float64,
/// `Fixtures/Golden/make.py`.
@Suite("DINOv2") struct DINOv2Tests {
  static let models = ["dinov2_mlp", "dinov2_registers", "dinov2_swiglu"]
  static let inputs = ["square", "wide", "tall", "dense"]

  /// Tolerance: |Δ| ≤ 2e-5 of the largest magnitude, and of 1 for softmax weights.
  @Test(arguments: models, inputs)
  func `ViT: tokens and attention equal those of an independent implementation`(
    name: String, input: String
  ) async throws {
    let tiny = try TinyModel.golden(name)
    let encodings = try await tiny.model.encodings(
      of: tiny.input(input), stride: tiny.stride(of: input))
    let encoding = try #require(encodings.first)
    #expect(encodings.count == 1)
    let found = [
      ("patches", encoding.patches.vectors.values), ("class", encoding.classToken),
      ("attention", encoding.classAttention[.softmax].vectors.values),
    ]
    for (part, values) in found {
      let agreement = Agreement(values, try tiny.file.floats("\(part).\(input)"))
      print("\(name), \(input), \(part): \(agreement)")
      #expect(agreement.relative <= 2e-5 && agreement.cosine >= 0.999999)
      if part == "attention" { #expect(agreement.difference <= 2e-6) }
    }
    #expect(encoding.classAttention.grid == encoding.patches.grid)
  }

  /// Tolerance: |Δ| ≤ 2e-5 of the largest magnitude.
  @Test(arguments: models, EncodeOptions.Facet.allCases)
  func `ViT: every block's facets and attention equal an independent implementation's`(
    name: String, facet: EncodeOptions.Facet
  ) async throws {
    let tiny = try TinyModel.golden(name)
    for block in 0..<tiny.card.depth {
      let encodings = try await tiny.model.encodings(
        of: tiny.input("wide"), stride: 14, block: block, facet: facet)
      let encoding = try #require(encodings.first)
      var found = [("\(facet)", encoding.classToken + encoding.patches.vectors.values)]
      found += ClassAttention.Kind.allCases.map {
        ("attention.\($0)", encoding.classAttention[$0].vectors.values)
      }
      for (part, values) in found {
        let agreement = Agreement(values, try tiny.file.floats("\(part).wide.\(block)"))
        #expect(agreement.relative <= 2e-5, "\(part) of block \(block): \(agreement)")
      }
    }
  }

  @Test(arguments: models, Precision.allCases)
  func `ViT: several blocks lie side by side, each with the bits that it has alone`(
    name: String, precision: Precision
  ) async throws {
    let tiny = try TinyModel.golden(name)
    let (image, last) = (try tiny.input("wide"), tiny.card.depth - 1)
    for blocks in [[0, last], [last, 0], [1, 0]] {
      let views: [View] = [.identity, View(down: 0, right: 3, flipsRows: true)]
      let all = try await tiny.model.encodings(
        of: image, views, stride: 7, blocks: blocks, precision: precision)
      for (place, block) in blocks.enumerated() {
        let alone = try await tiny.model.encodings(
          of: image, views, stride: 7, block: block, precision: precision)
        let columns = place * tiny.card.dim..<(place + 1) * tiny.card.dim
        for (all, alone) in zip(all, alone) {
          let part = (0..<all.patches.grid.count).flatMap { all.patches.vectors.row($0)[columns] }
          #expect(part.map(\.bitPattern) == alone.patches.vectors.values.map(\.bitPattern))
          #expect(Array(all.classToken[columns]) == alone.classToken)
          guard block == blocks.max() else { continue }
          #expect(all.logits == alone.logits)
          #expect(all.classAttention.values.values == alone.classAttention.values.values)
        }
      }
    }
  }

  /// A product's operands are each off by up to 2⁻⁹, or by half of 1/127 of the largest of a row.
  @Test(arguments: models, [Precision.bfloat16, .int8])
  func `ViT: other precisions are close to float32 and not equal to it`(
    name: String, precision: Precision
  ) async throws {
    for input in DINOv2Tests.inputs { try await isClose(name, input, precision) }
  }

  private func isClose(_ name: String, _ input: String, _ precision: Precision) async throws {
    let (part, direction) = precision == .bfloat16 ? (0.03, 0.9999) : (0.1, 0.995)
    let tiny = try TinyModel.golden(name)
    let (image, stride) = (try tiny.input(input), tiny.stride(of: input))
    let exact = try await tiny.model.encodings(of: image, stride: stride)
    let rounded = try await tiny.model.encodings(of: image, stride: stride, precision: precision)
    for (exact, rounded) in zip(exact, rounded) {
      let agreement = Agreement(rounded.patches.vectors.values, exact.patches.vectors.values)
      print("\(name), \(input), \(precision): \(agreement)")
      #expect(agreement.relative <= part && agreement.cosine >= direction)
      #expect(agreement.difference > 0)
    }
  }

  @Test(arguments: models)
  func `ViT: every tensor except the mask token is read`(name: String) throws {
    let tiny = try TinyModel.golden(name)
    let weights = Weights(tiny.file)["w"]
    _ = try ViT(weights, card: tiny.card)
    #expect(weights.unread == ["w.mask_token"])
  }

  /// A card that does not match the file, and the expected error.
  struct Mistake: Sendable, CustomTestStringConvertible {
    let key: String
    let value: Int
    let error: CheckpointError

    var testDescription: String { "\(key) \(value)" }
  }

  static let mistakes = [
    Mistake(key: "depth", value: 4, error: .missing(tensor: "w.blocks.3.norm1.weight")),
    Mistake(key: "registers", value: 4, error: .missing(tensor: "w.register_tokens")),
    Mistake(
      key: "dim", value: 64,
      error: .wrongShape(tensor: "w.cls_token", wanted: [1, 1, 64], found: [1, 1, 32])),
    Mistake(
      key: "hidden", value: 64,
      error: .wrongShape(
        tensor: "w.blocks.0.mlp.fc1.weight", wanted: [64, 32], found: [128, 32])),
    Mistake(
      key: "positionGrid", value: 37,
      error: .wrongShape(tensor: "w.pos_embed", wanted: [1, 1370, 32], found: [1, 26, 32])),
    Mistake(
      key: "patch", value: 16,
      error: .wrongShape(
        tensor: "w.patch_embed.proj.weight", wanted: [32, 3, 16, 16], found: [32, 3, 14, 14])),
  ]

  @Test(arguments: mistakes)
  func `ViT: the file of another model is refused by the tensor's name`(mistake: Mistake) throws {
    let tiny = try TinyModel.golden("dinov2_mlp")
    let encoded = try JSONEncoder().encode(tiny.card)
    var fields = try #require(JSONSerialization.jsonObject(with: encoded) as? [String: Any])
    fields[mistake.key] = mistake.value
    let card = try JSONDecoder().decode(
      ModelCard.self, from: JSONSerialization.data(withJSONObject: fields))
    #expect(throws: mistake.error) { try ViT(Weights(tiny.file)["w"], card: card) }
  }

  /// Each block of an MLP four times as wide takes 24 · C² · N + 4 · C · N².
  @Test func `ViT: the cost is that of the products`() throws {
    let tiny = try TinyModel.golden("dinov2_mlp")
    let (tokens, dim, patches) = (26.0, 32.0, 25.0)
    let blocks = 3 * (24 * dim * dim * tokens + 4 * dim * tokens * tokens)
    let grid = Grid(rows: 5, columns: 5)
    let (all, first) = (EncodeOptions(stride: 14, block: 2), EncodeOptions(stride: 14, block: 0))
    #expect(tiny.model.operations(for: grid, all) == blocks + 2 * patches * 588 * dim)
    #expect(tiny.model.operations(for: grid, first) == blocks / 3 + 2 * patches * 588 * dim)
    #expect(tiny.model.workingMemory(for: grid, all) == 26 * 32 * 7 * 4)
  }
}
