import Checkpoints
import Encoders
import Foundation
import Imaging
import LinearAlgebra
import Support
import Testing
import VisionTransformers

/// A small random model whose output was checked against the published code.
@Suite(
  "SAM, reference fixture",
  .enabled(if: Places.have(Places.modelFixtures, for: "SAM, reference fixture")))
struct SAMReferenceTests {
  private func model() throws -> (weights: Weights, model: SAM, image: InputPlanes, wanted: [Float])
  {
    let file = try Checkpoint(
      path: Places.modelFixtures.appending(path: "sam_tiny.safetensors").path)
    let weights = Weights(file)["w"]
    let card = ModelCard(
      name: "sam_tiny", family: .sam, title: "", source: "", licence: "", file: "", sha256: nil,
      patch: 16, dim: 32, depth: 3, heads: 4, hidden: 128, classTokens: 0, registers: 0,
      feedForward: .mlp, epsilon: 1e-6, positions: .antialias, positionGrid: 10,
      windows: ModelCard.Windows(side: 4, global: [1], neck: 8), pooling: .average,
      mean: [0, 0, 0], std: [1, 1, 1])
    let image = InputPlanes(
      size: Size(width: 160, height: 160), values: try file.floats("in.image"))
    return (
      weights, try SAM(weights, card: card), image, try file.floats("out.embedding")
    )
  }

  /// Tolerance: |Δ| ≤ 2e-5 of the largest magnitude: ten tokens along a side, windows of four.
  @Test func `SAM: the neck's map equals the reference's`() async throws {
    let (weights, model, image, wanted) = try model()
    #expect(weights.unread.isEmpty)
    let encoding = try #require(try await model.encodings(of: image, stride: 16).first)
    let map = encoding.patches.vectors
    #expect(encoding.patches.grid == Grid(rows: 10, columns: 10) && map.columns == 8)
    let agreement = Agreement((0..<8).flatMap { c in (0..<100).map { map[$0, c] } }, wanted)
    print("sam_tiny: \(agreement)")
    #expect(agreement.relative <= 2e-5)
    #expect(encoding.classAttention.heads == 0 && encoding.classToken.count == 8)
  }

  /// Windows that extend beyond the edge, and tables of distances for another grid.
  @Test(arguments: [Size(width: 160, height: 160), Size(width: 112, height: 144)])
  func `SAM: results are bit-equal for any number of threads, and each view is an image`(
    size: Size
  ) async throws {
    let model = try model().model
    var chance = SeededNumbers(seed: 5)
    let image = InputPlanes(size: size, values: chance.floats(3 * size.width * size.height))
    let views = [View(), View(flipsRows: true, flipsColumns: true), View(down: 3, right: -1)]
    for (block, facet) in [(2, EncodeOptions.Facet.token), (1, .token), (0, .key)] {
      let alone = try await model.encodings(
        of: image, views, stride: 16, block: block, facet: facet, members: 1)
      #expect(Set(alone.map(\.bits)).count == views.count)
      let found = try await model.encodings(
        of: image, views, stride: 16, block: block, facet: facet, members: 3)
      #expect(found.map(\.bits) == alone.map(\.bits))
      for (view, encoding) in zip(views, alone) {
        let seen = try await model.encodings(
          of: image.seen(under: view), stride: 16, block: block, facet: facet)
        #expect(seen.map(\.bits) == [encoding.bits])
      }
    }
  }
}
