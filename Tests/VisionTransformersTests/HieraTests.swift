import Tensors
import Checkpoints
import Encoders
import Foundation
import Imaging
import LinearAlgebra
import Support
import Testing
import VisionTransformers

/// Small random models whose outputs were checked against the published code.
@Suite(
  "Hiera, reference fixtures",
  .enabled(if: Places.have(Places.modelFixtures, for: "Hiera, reference fixtures")))
struct HieraReferenceTests {
  private func model(
    _ name: String, grid: Grid
  ) throws -> (file: Checkpoint, weights: Weights, model: Hiera) {
    let file = try Checkpoint(path: path(name))
    let weights = Weights(file)["w"]
    let paints = name.hasPrefix("mae")
    let card = ModelCard(
      name: name, family: .hiera, title: "", source: "", licence: "", file: "", sha256: nil,
      patch: 4, dim: 16, depth: 8, heads: 1, hidden: 64, classTokens: 0, registers: 0,
      feedForward: .mlp, epsilon: 1e-6, positions: .size, positionGrid: grid.rows,
      hierarchy: ModelCard.Hierarchy(stages: [1, 2, 3, 2], pools: paints ? 2 : 3),
      pooling: .averageThenNorm, head: paints ? nil : ModelCard.Head(classes: 7),
      decoder: paints
        ? ModelCard.Decoder(
          dim: 32, depth: 2, heads: 4, hidden: 128, normalisedPixels: true, pixelOrder: .planar,
          maskRatio: 0.6) : nil,
      mean: [0, 0, 0], std: [1, 1, 1])
    return (file, weights, try Hiera(weights, card: card, grid: grid))
  }

  private func path(_ name: String) -> String {
    Places.modelFixtures.appending(path: "\(name).safetensors").path
  }

  /// A fixture, and its image's size.
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let size: Size
    var testDescription: String { name }
  }

  static let cases = [
    Case(name: "hiera_tiny_sq", size: Size(width: 64, height: 64)),
    Case(name: "hiera_tiny_rect", size: Size(width: 64, height: 96)),
  ]

  /// Tolerance: |Δ| ≤ 2e-5 of the largest magnitude.
  @Test(arguments: cases) func `Hiera: every stage's map and the logits equal the reference's`(
    one: Case
  ) async throws {
    let (file, weights, model) = try model(
      one.name, grid: Grid(rows: one.size.height / 4, columns: one.size.width / 4))
    #expect(weights.unread.isEmpty)
    let image = InputPlanes(size: one.size, values: try file.floats("in.image"))
    for (stage, block) in [0, 2, 5, 7].enumerated() {
      let cell = 4 << stage
      #expect(model.card.cell(of: block) == cell)
      let encoding = try #require(
        try await model.encodings(of: image, stride: cell, block: block).first)
      let expected = try file.floats("out.stage\(stage + 1)")
      let shape = try #require(file.tensors["out.stage\(stage + 1)"]).shape
      let grid = encoding.patches.grid
      #expect([grid.rows, grid.columns, encoding.patches.dim] == shape)
      #expect(model.card.channels(of: EncodeOptions(stride: cell, block: block)) == shape[2])
      let agreement = Agreement(encoding.patches.vectors.values, expected)
      print("\(one.name), stage \(stage + 1): \(agreement)")
      #expect(agreement.relative <= 2e-5)
      #expect((encoding.logits == nil) == (stage < 3))
      guard let logits = encoding.logits else { continue }
      let agreed = Agreement(logits, try file.floats("out.logits"))
      print("\(one.name), logits: \(agreed)")
      #expect(agreed.relative <= 2e-5)
    }
  }

  /// Tolerance: |Δ| ≤ 2e-5 of the loss.
  @Test func `Hiera: a masked image's loss equals the reference's`() async throws {
    let (file, weights, model) = try model("mae_hiera_tiny", grid: Grid(rows: 24, columns: 32))
    #expect(weights.unread.isEmpty)
    let size = Size(width: 128, height: 96)
    let image = InputPlanes(size: size, values: try file.floats("in.image"))
    let kept = try file.floats("in.keep_mask_units")
    #expect(model.units(of: size).count == kept.count)
    let found = try #require(
      try await model.reconstruction(of: image, hidden: kept.map { $0 == 0 }))
    let expected = Double(try file.floats("out.loss")[0])
    print("mae_hiera_tiny, loss: \(found.loss) of \(expected)")
    #expect(abs(found.loss - expected) <= 2e-5 * expected)
    #expect(found.hidden.count { $0 } == 4 * kept.count { $0 == 0 })
  }

  @Test func `Hiera: results are bit-equal for any number of threads, and each view is an image`()
    async throws
  {
    let (file, _, model) = try model("hiera_tiny_sq", grid: Grid(rows: 16, columns: 16))
    let image = InputPlanes(size: Size(width: 64, height: 64), values: try file.floats("in.image"))
    let views = [View(), View(flipsRows: true), View(down: 3, right: 1, isTransposed: true)]
    let alone = try await model.encodings(of: image, views, stride: 32, members: 1)
    #expect(Set(alone.map(\.bits)).count == views.count)
    for members in [2, 3] {
      let found = try await model.encodings(of: image, views, stride: 32, members: members)
      #expect(found.map(\.bits) == alone.map(\.bits))
    }
    for (view, encoding) in zip(views, alone) {
      let seen = try await model.encodings(of: image.seen(under: view), stride: 32)
      #expect(seen.map(\.bits) == [encoding.bits])
    }
  }
}
